// The login of a client, and an exchange of data through the tunnel.
#pragma once

#include "doctor/subject.hpp"

namespace ferrotunnel::cli::doctor {

Findings check_login(ClientSubject& at, Deadline deadline);
/// Offers a private service with a random name and visits it, so that data passes the tunnel in both directions. Large
/// writes that are lost while small ones arrive show a path MTU that is wrong.
Findings check_exchange(ClientSubject& at, Deadline deadline);

}  // namespace ferrotunnel::cli::doctor
