// Request methods: those that the edge decides by, and `other` for the rest, which are passed on as written.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferrotunnel::http {

enum class Method : std::uint8_t { other, get, head, post, put, delete_, options, patch, connect, trace };

/// The method of that name. Methods are case-sensitive: "get" is `other`.
Method method_of(std::string_view text) noexcept;

/// Whether repeating it has the same effect as one request (RFC 9110, 9.2.2). False for `other`: unknown methods are
/// never retried.
bool is_idempotent(Method method) noexcept;

}  // namespace ferrotunnel::http
