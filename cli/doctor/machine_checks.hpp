// What a client and a server need of their machine: descriptors, plugins, a control socket, backends.
#pragma once

#include <cstdint>

#include "doctor/subject.hpp"

namespace ferrotunnel::cli::doctor {

Findings check_client_instance(ClientSubject& at, Deadline deadline);
Findings check_server_instance(ServerSubject& at, Deadline deadline);
Findings check_client_descriptors(ClientSubject& at, Deadline deadline);
Findings check_server_descriptors(ServerSubject& at, Deadline deadline);
Findings check_client_plugins(ClientSubject& at, Deadline deadline);
Findings check_server_plugins(ServerSubject& at, Deadline deadline);
/// Connects to each backend of the client's services once; without a file, of those of the running client.
Findings check_backends(ClientSubject& at, Deadline deadline);

/// Judges a limit of open files. `needed`: below it, there is a warning.
Finding judge_descriptors(std::uint64_t limit, std::uint64_t needed);

}  // namespace ferrotunnel::cli::doctor
