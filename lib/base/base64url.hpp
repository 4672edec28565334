// Base64url without padding (RFC 4648 section 5), strict: each value has exactly one text.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ferrotunnel {

std::string encode_base64url(Bytes bytes);

/// Decodes `text` into `out`, which it must fill exactly. False for another length, a character outside the alphabet,
/// or unused bits that are not zero.
bool decode_base64url(std::string_view text, MutableBytes out);

}  // namespace ferrotunnel
