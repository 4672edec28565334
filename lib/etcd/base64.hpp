// Base64 with padding (RFC 4648, section 4), as etcd's gateway encodes keys and values.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::etcd {

void append_base64(std::string& text, std::string_view bytes);
/// Strict: empty for another alphabet, missing padding, or unused bits that are not zero.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ferrotunnel::etcd
