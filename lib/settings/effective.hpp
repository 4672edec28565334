// A whole configuration as one YAML text: what all its files say, with the defaults of what they leave out, and without
// secrets.
#pragma once

#include <string>

#include "settings/file.hpp"

namespace ferrotunnel::detail {

/// Secrets are shown as "(hidden)": tokens, the secrets of plugins, passwords in URLs, and header fields that are
/// likely to have one. Where a secret is read from a file or a variable, that is shown.
std::string effective_text(const ConfigFile& file);

}  // namespace ferrotunnel::detail
