// Events of a Client or Server, for programs that react to them or report them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

/// Something that has happened to a Client or Server.
struct Event {
    enum class Kind {
        connected,  ///< the tunnel's first connection is up, and both sides have proved their token
        joined,     ///< one more of its connections is up, or a new one that the server requested to replace another
        degraded,   ///< one of several connections broke or could not be made, while others are up: `error` and
                    ///< `text` have the reason. Only its own visitors are lost. Client: it is tried again in `retry_in`
        lost,       ///< no connection is left, or the first could not be made: `error` and `text` have the reason
        reconnecting,  ///< client, after `lost`: the next attempt is made in `retry_in`
        registered,    ///< `service` is reachable at `endpoint`: reported once, whatever the number of connections, and
                       ///< again when the endpoint is another one: the server has a certificate for its host now;
                       ///< in a cluster also when servers cannot listen on its port, which `text` names, or can again
        refused,       ///< client: the server refused the login (no `service`) or the service; see `error` and `text`.
                       ///< The service is requested again in `retry_in`; a further refusal is reported only if its
                       ///< reason differs, or each time if `attempts` is set. Server: it refused a login (reported at
                       ///< most 20 times a second) or a service (at most 64 times a second for each connection)
        unregistered,  ///< `service` is not offered any more
        unhealthy,     ///< client: the backend of `service` fails its checks, `text` has the failure: no new visitors
                       ///< Server: the member `client` of the group of `service` is ejected, `text` has the reason
        healthy,       ///< client: it passes them again; server: it is back
        waiting,       ///< one of the connections was lost, and its visitors wait for another one, as set by `resume`:
                       ///< `error` and `text` have the reason. `resumed` follows, or `degraded` or `lost`
        resumed,       ///< the new connection is up: nothing was lost
        draining,      ///< no new visitors from now on; the present ones finish. Requested by the other side if `peer`
                       ///< is set
        reloaded,      ///< the configuration was read again (program::note_reload). `text`: whether it was applied,
                       ///< and the changes or the reason of the refusal
        kicked,        ///< server: kick() closed the connections of the clients of this id or name (`client`); `lost`
                       ///< follows for each
        took_over,  ///< client: it has replaced the clients of its identity (`replace`); with an `error` it could not,
                    ///< and `text` has the reason
        replaced,   ///< client: another one has replaced it, which `text` names: no new visitors; `stopped` follows
                    ///< without an error when the present ones have finished
        stopped,    ///< the last event: ended by stop() (no error), or because of `error`
    };
    Kind kind = Kind::connected;
    std::string peer;             ///< client: the server that it is about, with its port, or the first that is
                                  ///< configured; server: the client's address
    std::string client{};         ///< server: the client's own name (Client::Builder::name): untrusted text, or empty
    std::uint64_t client_id = 0;  ///< server: the client's TunnelInfo::id; 0 if the event is about no single client, or
                                  ///< about one that has not proved its token
    std::string token_name{};     ///< server: the name of the client's token; empty if it has not proved one
    std::string service;          ///< the service's name, if the event is about one
    std::string service_kind{};   ///< its kind, as in Rights::kinds, of registered and refused; else it may be
                                  ///< empty
    std::string endpoint;         ///< registered: the public address, "tunnel.example.com:40022"; for HTTP the URL
    std::error_code error;
    std::string text;  ///< a sentence for the user; may be empty
    std::chrono::milliseconds retry_in{0};
    unsigned connection = 0;    ///< number of the connection that the event is about, from 1; 0: none
    unsigned connections = 0;   ///< client: connections that are up now; server: the same, for connected, joined and
                                ///< degraded
    std::uint64_t dropped = 0;  ///< events that were dropped before this one because the handler was too slow
};

/// Returns the kind's name as it is spelled above.
FERROTUNNEL_EXPORT std::string_view name_of(Event::Kind kind) noexcept;

/// The application's handler of events. It is called on a thread of its own (with run_on: in the application's
/// io_context, or for `stopped` on the thread that stops or destroys the Client or Server), one event at a time and in
/// order. A slow handler delays only stop() and the destructor, which wait until all events were delivered. Up to 2,048
/// events wait for it; further ones are dropped and counted (`Event::dropped`), but never `stopped`. No lock is held
/// during the call: other threads may use the same Client or Server. Blocking calls of the same Client or Server return
/// errc::would_deadlock in the handler, with the exceptions listed at stop(). An exception from the handler is logged
/// and dropped.
using EventHandler = std::function<void(const Event&)>;

}  // namespace ferrotunnel
