// Parser of timestamps in messages of CAs (RFC 3339).
#pragma once

#include <optional>
#include <string_view>

#include "acme/issued_chain.hpp"

namespace ferrotunnel::acme {

/// "2026-01-31T12:00:00Z", with any fraction of a second, which is dropped, and with any offset. Empty for anything
/// else, and for years before 1970 and after 2200, which a WallTime may not hold.
std::optional<WallTime> read_rfc3339(std::string_view text) noexcept;

}  // namespace ferrotunnel::acme
