// What the user has to know of a draft as a whole, added after its reader has run.
#pragma once

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

/// Writes the passwords of visitors to files only if the command that does the same without a file reads them, and
/// names those files.
void settle_passwords(Draft& draft);

/// Names the plugins that the server must have for the services of the client.
void ask_about_plugins(Draft& draft);

}  // namespace ferrotunnel::cli::importing
