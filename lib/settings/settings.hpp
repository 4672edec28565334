// What the builders collect, before and after it was checked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/tls.hpp"
#include "settings/client.hpp"
#include "settings/server.hpp"
#include "wire/control.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel::detail {

inline constexpr std::uint16_t default_control_port = 7835;
inline constexpr std::uint16_t default_http_port = 8080;
inline constexpr std::uint16_t default_https_port = 8443;

/// Where a setting stands in a configuration file.
struct Origin {
    std::string file;
    std::string path;  // of its key; of the section, where the key is not there
    unsigned line = 0;
    unsigned column = 0;
    bool is_there = false;
    /// Where the value comes out of variables: what it is, and what the file has instead, which messages show.
    std::string value{};
    std::string written{};
};

/// What comes with the settings and is none.
struct Attached {
    asio::io_context* run_on = nullptr;  // instead of own workers
    EventHandler on_event;               // may be empty
    LogSink log_sink;                    // may be empty
    /// Of the settings that a file has said or could have said, by the builder's names. What the application says
    /// itself is none of the file's any more.
    std::map<std::string, Origin, std::less<>> origins;
    std::vector<Problem> file_problems;  // with them nothing is built
};

struct ClientSettings : ClientValues, Attached {};

struct ServerSettings : ServerValues, Attached {};

/// Appends everything that is wrong, and fills in what follows from other settings (a missing port, names of tokens).
void check_settings(ClientSettings& settings, std::vector<Problem>& problems);
void check_settings(ServerSettings& settings, std::vector<Problem>& problems);

/// The same for one service of a client, and gives it its default name. `application_serves`: through async_listen, so
/// `local` is not needed. Whether the name is already in use is for the caller to say.
void check_service(Tcp& service, bool application_serves, std::vector<Problem>& problems);
void check_service(Http& service, bool application_serves, std::vector<Problem>& problems);
void check_service(Tls& service, bool application_serves, std::vector<Problem>& problems);

/// As it is registered.
wire::HttpPart http_part(const Http& service);
wire::TlsPart tls_part(const Tls& service);

/// All problems in the order of the file, each with its place there; those of no file come first. For the builders.
std::vector<Problem> problems_of(ClientSettings& settings);
std::vector<Problem> problems_of(ServerSettings& settings);

/// Gives what only making the engine has found out its place in the file.
void locate(std::vector<Problem>& problems, const Attached& attached);

/// Sorts by place, drops what is there twice.
void put_in_order(std::vector<Problem>& problems);

/// Lines that the log must have at start: TLS is off, a token is weak, a secret's file is open to others.
std::vector<std::string> warnings_for(const ClientSettings& settings);
std::vector<std::string> warnings_for(const ServerSettings& settings);

}  // namespace ferrotunnel::detail
