// What happens to a Client or Server over its life, for programs that want to react or to tell their user.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

struct Event {
    enum class Kind {
        connected,     ///< the tunnel is up: its first connection, and both sides have proved their token
        joined,        ///< one more of its connections is up; or a fresh one, where the server asked to replace one
        degraded,      ///< one of several broke or could not be made, while others are up: `error` and `text` say why.
                       ///< Only its own visitors are lost. Client: it is tried again in `retry_in`
        lost,          ///< no connection is left, or the first could not be made: `error` and `text` say why
        reconnecting,  ///< client, after lost: the next attempt comes in `retry_in`
        registered,    ///< `service` is reachable at `endpoint`: told once, whatever the number of connections
        refused,       ///< client: the server refused the login (no `service`) or the service; see `error` and `text`.
                       ///< The service is asked for again in `retry_in`, and told again with another reason alone,
                       ///< or each time where `attempts` are counted.
                       ///< Server: it refused one; of each client's services at most 64 a second are told
        unregistered,  ///< `service` is not offered any more
        draining,      ///< no new visitors from now on; the present ones finish. By the other side if `peer` is set
        stopped,       ///< the last event: it is over, by stop() (no error) or for good (`error` says why)
    };
    Kind kind = Kind::connected;
    std::string peer;      ///< client: the server as configured; server: the client's address
    std::string client{};  ///< server: what the client calls itself (Client::Builder::name): foreign text, or empty
    std::string service;   ///< the service's name, where it is about one
    std::string endpoint;  ///< registered: the public address, "tunnel.example.com:40022"; of HTTP its URL
    std::error_code error;
    std::string text;  ///< a sentence for the user, where there is something to say
    std::chrono::milliseconds retry_in{0};
    unsigned connection = 0;    ///< which of the tunnel's connections it is about, from 1; 0: about none of them
    unsigned connections = 0;   ///< client: how many are up now; server: the same, for connected, joined and degraded
    std::uint64_t dropped = 0;  ///< events that were dropped before this one, since the handler was too slow for them
};

/// The name as it is spelled above.
FERROTUNNEL_EXPORT std::string_view name_of(Event::Kind kind) noexcept;

/// Called on a thread of its own (with run_on: in the application's io_context), one event at a time and in order. A
/// slow handler holds up nobody but stop() and the destructor, which wait until all was told. 2,048 events may wait for
/// it; further ones are dropped and counted (`Event::dropped`), but never `stopped`. No lock is held meanwhile: other
/// threads may use the same Client or Server. Blocking calls of the same Client or Server answer would_deadlock there.
/// What it throws is logged and dropped.
using EventHandler = std::function<void(const Event&)>;

}  // namespace ferrotunnel
