// The services that a client is to offer, as the command line or a file says them.
#pragma once

#include <string>
#include <vector>

#include "config_option.hpp"
#include "ferrotunnel/apply.hpp"
#include "problems.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// A service as the user wrote it, which messages about it repeat.
struct Wanted {
    std::string place;  // "--tcp 2222=22"
    AnyService service;
    std::string address{};  // the word with the backend's address, if that is not `place`
};

/// Reads the services of a command.
using WantedBy = std::vector<Wanted>(const Sources& sources, Problems& problems);

WantedBy wanted_by_client;  // several: of the command line, or else of the file
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

/// Adds the plugins that the options ask for. Services of a file have their own. Later the services of the command line
/// stay what they are: nobody is asked for the password again, and its hash would be another one.
void guard(const Sources& sources, std::vector<Wanted>& wanted, Signals& signals, Problems& problems);

}  // namespace ferrotunnel::cli
