// Resolves the proxy setting of a client.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "net/proxy.hpp"
#include "settings/client.hpp"

namespace ferrotunnel::detail {

/// Returns the proxy for `server`, or nothing if none is used. Reads the environment if the setting is `env`. The error
/// describes the problem of the setting or variable without repeating its value.
Result<std::optional<net::Proxy>, std::string> proxy_of(const ClientValues& settings, const net::HostPort& server);

}  // namespace ferrotunnel::detail
