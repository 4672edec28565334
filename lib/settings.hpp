// What the builders collect, before and after it was checked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/timing.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel::detail {

inline constexpr std::uint16_t default_control_port = 7835;

/// What both facades have in common.
struct CommonSettings {
    std::size_t workers = 0;             // 0: one per core
    asio::io_context* run_on = nullptr;  // instead of own workers
    bool allow_weak_token = false;
    bool tls_off = false;
    Timing timing;
    EventHandler on_event;  // may be empty
    LogSink log_sink;       // may be empty
    LogLevel log_level = LogLevel::info;
};

struct ClientSettings : CommonSettings {
    std::string server;
    Secret token;
    std::string tls_ca;   // a PEM file, "system", or empty
    std::string tls_pin;  // "sha256:..." or empty
    unsigned attempts = 0;
    unsigned connections = 2;  // trunks; Client::Builder::connections_default says so too
};

struct NamedToken {
    Secret secret;
    std::string name;  // given by the check where the user gave none
};

struct ServerSettings : CommonSettings {
    std::string bind = "0.0.0.0:7835";
    std::string tcp_bind = "0.0.0.0";
    std::string public_host;  // empty: tcp_bind
    std::vector<NamedToken> tokens;
    std::optional<std::string> allow_ports;
    std::string tls_chain;
    std::string tls_key;
    std::string state_dir;
};

/// Appends everything that is wrong, and fills in what follows from other settings (a missing port, names of tokens).
void check_settings(ClientSettings& settings, std::vector<Problem>& problems);
void check_settings(ServerSettings& settings, std::vector<Problem>& problems);

/// The same for one service of a client, and gives it its default name. `application_serves`: through async_listen, so
/// `local` is not needed. Whether the name is already in use is for the caller to say.
void check_service(Tcp& service, bool application_serves, std::vector<Problem>& problems);

/// Lines that the log must have at start: TLS is off, a token is weak, a secret's file is open to others.
std::vector<std::string> warnings_for(const ClientSettings& settings);
std::vector<std::string> warnings_for(const ServerSettings& settings);

}  // namespace ferrotunnel::detail
