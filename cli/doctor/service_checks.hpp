// The services of a client as the server and visitors see them: rights, names, public addresses.
#pragma once

#include "doctor/subject.hpp"

namespace ferrotunnel::cli::doctor {

/// Requests the configured services from the server in a way that takes nothing from another client: HTTP services at a
/// random path of their hosts, TCP ports only where nothing listens. If a client runs here, it is asked instead.
Findings check_services(ClientSubject& at, Deadline deadline);
/// Resolves the hosts of the services, and compares them with the server's addresses.
Findings check_names(ClientSubject& at, Deadline deadline);
/// Connects to the public addresses of the services.
Findings check_public(ClientSubject& at, Deadline deadline);

/// Whether the lists have an address in common, whatever the port.
bool have_common(const std::vector<Address>& some, const std::vector<Address>& others);

}  // namespace ferrotunnel::cli::doctor
