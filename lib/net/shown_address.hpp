// Addresses that are shown to people, who want to use them as they stand there.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::net {

/// `address` ("host:80", "udp://host:80", "http://host/path") with `host` in the place of 0.0.0.0 or [::], which stand
/// for all addresses of a machine and are none that one could connect to; everything else stays as it is. Where `host`
/// itself is such an address, or empty, this machine's own comes in its place.
std::string with_host_for_any(std::string_view address, std::string_view host);

}  // namespace ferrotunnel::net
