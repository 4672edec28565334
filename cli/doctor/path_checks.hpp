// The way from a client to its server: name, port, proxy, IPv6, TLS and clock.
#pragma once

#include "doctor/subject.hpp"

namespace ferrotunnel::cli::doctor {

Findings check_name(ClientSubject& at, Deadline deadline);
Findings check_port(ClientSubject& at, Deadline deadline);
Findings check_proxy(ClientSubject& at, Deadline deadline);
Findings check_six(ClientSubject& at, Deadline deadline);
Findings check_tls(ClientSubject& at, Deadline deadline);
Findings check_certificate(ClientSubject& at, Deadline deadline);
Findings check_clock(ClientSubject& at, Deadline deadline);

/// The remedy for a name without addresses: `remedy`, unless no name server has answered.
std::string remedy_for_name(const Resolved& resolved, std::string remedy);

/// A warning if this machine's clock is `ahead` of another by more than a minute, or as much behind it. `whose`: "the
/// server".
std::optional<Finding> wrong_clock(std::optional<long> ahead, const char* whose);
/// Findings about the clock itself, without anything to compare it with.
Findings clock_by_itself();

}  // namespace ferrotunnel::cli::doctor
