// Addresses for people, which can be used as shown.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::net {

/// `address` ("host:80", "udp://host:80", "http://host/path") with `host` instead of 0.0.0.0 or [::], which mean all
/// addresses of a machine and cannot be connected to; everything else is unchanged. If `host` itself is such an
/// address, or empty, this machine's own is used.
std::string with_host_for_any(std::string_view address, std::string_view host);

}  // namespace ferrotunnel::net
