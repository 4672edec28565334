// The proxy of a client: what its setting means.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "net/proxy.hpp"
#include "settings/client.hpp"

namespace ferrotunnel::detail {

/// Returns the proxy to reach `server` through, or nothing where it is reached without. Reads the environment if the
/// setting says `env`. The error is what is wrong with the setting or the variable, without repeating it.
Result<std::optional<net::Proxy>, std::string> proxy_of(const ClientValues& settings, const net::HostPort& server);

}  // namespace ferrotunnel::detail
