// A client's access to its servers, made of its settings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "session/server_access.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Checked addresses, with their ports.
std::vector<net::HostPort> places_of(const std::vector<std::string>& addresses);

/// `tls`: for all servers, null if TLS is off. The environment is read now.
session::ServerAccessFor server_access(const ClientSettings& settings,
                                       const std::shared_ptr<transport::TlsContext>& tls);

}  // namespace ferrotunnel::detail
