// Strict Base64 (RFC 4648): every accepted text is the only one for its bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

/// Section 4, with padding.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);
/// Section 5, "base64url", without padding, as in JSON Web Tokens.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64url(std::string_view bytes);

}  // namespace ferrotunnel::plugins
