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
struct Wanted {
    std::string place;  // "--tcp 2222=22"
    AnyService service;
    std::string address{};  // the word with the backend's address, if it is not `place`
};

/// Reads the services of a command.
using WantedBy = std::vector<Wanted>(const Sources& sources, Problems& problems);

WantedBy wanted_by_client;  // several: of the command line, or otherwise of the file
WantedBy wanted_by_tcp;
WantedBy wanted_by_udp;
WantedBy wanted_by_http;
WantedBy wanted_by_tls;
WantedBy wanted_by_files;
WantedBy wanted_by_exit;
WantedBy wanted_by_visit;  // none: it offers nothing

/// Reads the visit of `ferrotunnel visit`.
std::optional<Visit> wanted_visit(const Sources& sources, Problems& problems);

/// Gives all services of the command line the token of --service-token. Those of a file have their own.
void give_token(const Sources& sources, std::vector<Wanted>& wanted, Problems& problems);

/// Adds the plugins that the options request. Services of a file have their own. A reload does not change the services
/// of the command line: the password is not asked for again, and its hash would differ.
void guard(const Sources& sources, std::vector<Wanted>& wanted, Signals& signals, Problems& problems);

}  // namespace ferrotunnel::cli
