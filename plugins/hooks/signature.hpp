// The field that authenticates requests to the endpoint.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::plugins {

inline constexpr std::string_view signature_field = "X-FerroTunnel-Signature";

/// "t=SECONDS,v1=HEX", with a v1 for each secret: HMAC-SHA256 of "SECONDS.BODY". Throws std::runtime_error without
/// memory.
std::string signature_of(std::string_view body, std::int64_t seconds, const std::vector<std::string>& secrets);

}  // namespace ferrotunnel::plugins
