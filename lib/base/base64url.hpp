// Base64url without padding (RFC 4648 section 5), strict: one text per value.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace ferrotunnel {

std::string encode_base64url(Bytes bytes);

/// Fills `out` exactly from `text`. False for another length, a foreign character, or unused bits that are not zero.
bool decode_base64url(std::string_view text, MutableBytes out);

}  // namespace ferrotunnel
