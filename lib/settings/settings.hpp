// Settings of the builders, before and after they are checked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "ferrotunnel/udp.hpp"
#include "settings/client.hpp"
#include "settings/server.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel::detail {

struct ApplicationLookup;

inline constexpr std::uint16_t default_control_port = 7835;
inline constexpr std::uint16_t default_http_port = 8080;
inline constexpr std::uint16_t default_connect_port = 3128;
inline constexpr std::uint16_t default_https_port = 8443;

/// The place of a setting in a configuration file; if the key is missing, the place of its section.
struct Origin {
    std::string file;
    std::string path;  // of its key, also if that is missing
    unsigned line = 0;
    unsigned column = 0;
    bool is_there = false;
    /// For a value from variables: the value itself, and the text in the file, which messages show instead.
    std::string value{};
    std::string written{};
};

/// Values of a builder that are not settings.
struct Attached {
    asio::io_context* run_on = nullptr;  // instead of workers of its own
    EventHandler on_event;               // may be empty
    LogSink log_sink;                    // may be empty
    /// The settings that a file has set or could have set, by the builder's names, without those that the application
    /// sets itself.
    std::map<std::string, Origin, std::less<>> origins;
    std::vector<Problem> file_problems;  // with any of these, build() fails
};

struct ClientSettings : ClientValues, Attached {
    std::vector<std::string> known_servers;  // of an earlier start; checked: valid, with ports
};

struct ServerSettings : ServerValues, Attached {
    std::shared_ptr<const ApplicationLookup> authenticate;  // null: none
    bool plugins_look_up_tokens = false;                    // checked: a plugin looks up tokens
};

/// Appends all problems, and fills in defaults (a missing port, names of tokens).
void check_settings(ClientSettings& settings, std::vector<Problem>& problems);
void check_settings(ServerSettings& settings, std::vector<Problem>& problems);

/// Checks for the builders. Returns all problems in the order of the file, each with its place; those without a file
/// are first.
std::vector<Problem> problems_of(ClientSettings& settings);
std::vector<Problem> problems_of(ServerSettings& settings);

/// Sets the places in the file for problems found while making the engine.
void locate(std::vector<Problem>& problems, const Attached& attached);

/// Sorts problems by place, and drops duplicates.
void put_in_order(std::vector<Problem>& problems);

/// Warnings for the log at start: TLS is off, a token is weak, a secret's file is readable by others.
std::vector<std::string> warnings_for(const ClientSettings& settings);
std::vector<std::string> warnings_for(const ServerSettings& settings);

}  // namespace ferrotunnel::detail
