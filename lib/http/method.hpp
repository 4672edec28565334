// Request methods: the ones that the edge decides by, and all others, which pass as they were written.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferrotunnel::http {

enum class Method : std::uint8_t { other, get, head, post, put, delete_, options, patch, connect, trace };

/// Methods are case-sensitive: "get" is `other`.
Method method_of(std::string_view text) noexcept;

/// Doing it twice means the same as once (RFC 9110, 9.2.2). False for `other`: unknown methods are never retried.
bool is_idempotent(Method method) noexcept;

}  // namespace ferrotunnel::http
