// The field by which the endpoint knows who asks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::plugins {

inline constexpr std::string_view signature_field = "X-FerroTunnel-Signature";

/// "t=SECONDS,v1=HEX", with a v1 for each secret: HMAC-SHA256 of "SECONDS.BODY". Throws std::runtime_error where there
/// is no memory.
std::string signature_of(std::string_view body, std::int64_t seconds, const std::vector<std::string>& secrets);

}  // namespace ferrotunnel::plugins
