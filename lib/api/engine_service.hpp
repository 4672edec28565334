// Converts a service's description into the engine's form.
#pragma once

#include <vector>

#include "backend/client_service.hpp"
#include "ferrotunnel/error.hpp"
#include "settings/service.hpp"

namespace ferrotunnel::detail {

/// Checks the description, and appends its problems. `application_serves`: no backend is needed. The result has no id
/// yet, and counts nothing.
backend::ClientService engine_service(Tcp description, bool application_serves, std::vector<Problem>& problems);
backend::ClientService engine_service(Http description, bool application_serves, std::vector<Problem>& problems);
backend::ClientService engine_service(Tls description, bool application_serves, std::vector<Problem>& problems);
backend::ClientService engine_service(Udp description, bool application_serves, std::vector<Problem>& problems);

/// Whether the server would receive the same for both: then only the backend differs.
bool same_for_server(const backend::ClientService& a, const backend::ClientService& b);

}  // namespace ferrotunnel::detail
