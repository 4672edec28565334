// How many programs an OPTIONS request may still pass (RFC 9110, 7.6.2). TRACE, the other one that may say so, is
// refused.
#pragma once

#include <cstdint>
#include <optional>

#include "http/head.hpp"

namespace ferrotunnel::http {

/// What its Max-Forwards says; nothing where that is not there, there twice, or no number. Numbers that are too large
/// are as large as they can be.
std::optional<std::uint32_t> max_forwards(const RequestHead& head) noexcept;

}  // namespace ferrotunnel::http
