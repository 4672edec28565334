// The services that a client offers, from the command line or a file.
#pragma once

#include <string>
#include <vector>

#include "config_option.hpp"
#include "ferrotunnel/apply.hpp"
#include "problems.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// A service as the user wrote it, for messages about it.
struct RequestedService {
    std::string place;  // "--tcp 2222=22"
    AnyService service;
    std::string address{};  // the word with the backend's address, if it is not `place`
};

/// Reads the services of a command.
using ServiceReader = std::vector<RequestedService>(const Sources& sources, Problems& problems);

ServiceReader read_client_services;  // several: of the command line, or otherwise of the file
ServiceReader read_tcp_services;
ServiceReader read_udp_services;
ServiceReader read_http_services;
ServiceReader read_tls_services;
ServiceReader read_files_services;
ServiceReader read_exit_services;
ServiceReader read_no_services;  // empty if the client offers nothing

/// Reads the visit of `ferrotunnel visit`.
std::optional<Visit> read_visit(const Sources& sources, Problems& problems);

/// Gives all services of the command line the token of --service-token. Those of a file have their own.
void set_service_token(const Sources& sources, std::vector<RequestedService>& wanted, Problems& problems);

/// Adds the plugins that the options request. Services of a file have their own. A reload does not change the services
/// of the command line: the password is not asked for again, and its hash would differ.
void guard(const Sources& sources, std::vector<RequestedService>& wanted, Signals& signals, Problems& problems);

}  // namespace ferrotunnel::cli
