// What a server needs: addresses to listen on, names, certificates, a state directory.
#pragma once

#include <cstdint>

#include "doctor/subject.hpp"

namespace ferrotunnel::cli::doctor {

inline constexpr std::uint16_t usual_control_port = 7835;

Findings check_listeners(ServerSubject& at, Deadline deadline);
Findings check_low_ports(ServerSubject& at, Deadline deadline);
Findings check_public_name(ServerSubject& at, Deadline deadline);
/// Resolves a random name below the domain.
Findings check_wildcard(ServerSubject& at, Deadline deadline);
/// Connects to the server's own public name and control port. Without a running server, the doctor listens there for
/// the moment.
Findings check_own_public(ServerSubject& at, Deadline deadline);
Findings check_certificates(ServerSubject& at, Deadline deadline);
/// Asks the running server whether its orders of certificates fail; nothing without one, or if it orders none.
Findings check_acme(ServerSubject& at, Deadline deadline);
/// Names what is not examined without the server's settings.
Findings check_no_settings(ServerSubject& at, Deadline deadline);
Findings check_state(ServerSubject& at, Deadline deadline);
Findings check_server_clock(ServerSubject& at, Deadline deadline);

}  // namespace ferrotunnel::cli::doctor
