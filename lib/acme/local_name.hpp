// Names that no public CA certifies, as a CA of a server's own does.
#pragma once

#include <string>
#include <string_view>

#include "acme/identifier.hpp"
#include "base/result.hpp"

namespace ferrotunnel::acme {

/// Whether a host has no dot.
bool has_one_label(std::string_view host) noexcept;

/// A host in normal form, or an IP address. No wildcards, underscores and whole top-level domains, except for private
/// zones (ferrotunnel/detail/private_zone.hpp). The error is worded to follow the name.
Result<Identifier, std::string> read_local_name(std::string_view text);

}  // namespace ferrotunnel::acme
