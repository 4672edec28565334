// What the builders collect, before and after it was checked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/event.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "ferrotunnel/https.hpp"
#include "ferrotunnel/log.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/timing.hpp"
#include "ferrotunnel/tls.hpp"
#include "wire/control.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel::detail {

inline constexpr std::uint16_t default_control_port = 7835;
inline constexpr std::uint16_t default_http_port = 8080;
inline constexpr std::uint16_t default_https_port = 8443;

/// A Secret that is copied with the settings it belongs to, and compared with them.
class KeptSecret : public Secret {
public:
    KeptSecret() noexcept = default;
    KeptSecret(Secret&& secret) noexcept : Secret(std::move(secret)) {}  // NOLINT(google-explicit-constructor)
    KeptSecret(const KeptSecret& other) : Secret(other.copy()) {}
    KeptSecret(KeptSecret&&) noexcept = default;
    KeptSecret& operator=(const KeptSecret& other) {
        Secret::operator=(other.copy());
        return *this;
    }
    KeptSecret& operator=(KeptSecret&&) noexcept = default;
    ~KeptSecret() = default;

    /// Where it came from does not matter.
    friend bool operator==(const KeptSecret& a, const KeptSecret& b) noexcept { return a.reveal() == b.reveal(); }
};

/// What both facades have in common. Settings are values: what has changed between two of them can be told.
struct CommonValues {
    std::size_t workers = 0;       // 0: one per core
    std::uint64_t memory_max = 0;  // 0: a share of the machine's
    bool allow_weak_token = false;
    bool tls_off = false;
    Timing timing;
    LogLevel log_level = LogLevel::info;

    friend bool operator==(const CommonValues&, const CommonValues&) = default;
};

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

struct ClientValues : CommonValues {
    std::string server;
    std::string name;  // of this client, or empty
    KeptSecret token;
    std::string tls_ca;   // a PEM file, "system", or empty
    std::string tls_pin;  // "sha256:..." or empty
    unsigned attempts = 0;
    unsigned connections = 2;             // trunks; Client::Builder::connections_default says so too
    bool connections_by_distance = true;  // one is enough where the server is far

    friend bool operator==(const ClientValues&, const ClientValues&) = default;
};

struct ClientSettings : ClientValues, Attached {};

struct NamedToken {
    KeptSecret secret;
    std::string name;  // given by the check where the user gave none

    friend bool operator==(const NamedToken&, const NamedToken&) = default;
};

struct ServerValues : CommonValues {
    std::string bind = "0.0.0.0:7835";
    std::string tcp_bind = "0.0.0.0";
    std::string public_host;  // empty: tcp_bind
    std::string http_bind;    // empty: no HTTP
    bool http_needed = true;  // else it goes on without HTTP where it can not listen
    std::string https_bind;
    bool https_needed = true;
    Https https;
    std::vector<std::string> proxies;  // that begin with a PROXY header
    std::string domain;                // empty: no hosts are assigned
    HttpServerSettings http;
    std::vector<NamedToken> tokens;
    std::optional<std::string> allow_ports;
    std::optional<unsigned> connections_per_token;
    std::optional<unsigned> ports_per_token;
    std::string tls_chain;
    std::string tls_key;
    std::string state_dir;

    friend bool operator==(const ServerValues&, const ServerValues&) = default;
};

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
