// The four forms of a request target (RFC 9112, 3.2).
#pragma once

#include <string_view>

#include "http/head.hpp"
#include "http/refusal.hpp"

namespace ferrotunnel::http {

/// Splits `text`, which consists of target bytes (see scan_target()), for a request with `method`. `authority` is set
/// for the forms that have one, and empty otherwise.
Fault read_target(std::string_view text, Method method, Target& target, std::string_view& authority) noexcept;

}  // namespace ferrotunnel::http
