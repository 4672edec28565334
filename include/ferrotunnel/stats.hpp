// Numbers about a running Client or Server. These are snapshots: the members of one need not be of the same instant.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferrotunnel {

/// How often something took how long.
struct Timings {
    struct Bucket {
        std::chrono::nanoseconds up_to{0};  ///< the longest that is in it; max(): all that took longer
        std::uint64_t count = 0;            ///< in this bucket alone
    };
    std::vector<Bucket> buckets{};    ///< the shortest first; empty: nothing was measured
    std::chrono::nanoseconds sum{0};  ///< of all together

    std::uint64_t count() const noexcept {
        std::uint64_t all = 0;
        for (const Bucket& bucket : buckets) {
            all += bucket.count;
        }
        return all;
    }
};

/// The numbers that Client and Server have in common. Totals count from start(), over all trunks, and stay after the
/// stop; "now" counts what exists at the moment.
struct TrafficStats {
    std::uint64_t bytes_received = 0;   ///< payload from the trunks
    std::uint64_t bytes_sent = 0;       ///< payload to the trunks
    std::uint64_t bytes_copied = 0;     ///< payload bytes that were copied inside the sessions
    std::uint64_t streams_opened = 0;   ///< visitors and async_open, in all
    std::uint64_t streams_refused = 0;  ///< opened or not: rejected by a limit or the backend, or not answered
    std::uint32_t streams = 0;          ///< now
    std::uint64_t bytes_held = 0;       ///< memory of queued payload from the trunks, now
    std::uint64_t bytes_queued = 0;     ///< the same of payload that waits for the trunks, now
    std::uint64_t frames_received = 0;  ///< frames of all kinds
    std::uint64_t frames_sent = 0;      ///< likewise
    std::uint64_t streams_reset = 0;    ///< streams that did not end in order
    std::uint64_t credit_stalls = 0;    ///< times that a stream had more to send than its reader had room for
    Timings decode{};                   ///< the work on the frames of a read; of one read in sixteen
    Timings encode{};                   ///< the work on the frames of a write; likewise
    std::uint64_t slabs_in_use = 0;     ///< blocks of 64 KiB, now
    std::uint64_t memory = 0;           ///< about what visitors' bytes, both ways, and their streams take, now
    std::uint64_t memory_max = 0;       ///< what `memory` may be, Builder::memory_max
};

/// The datagrams of UDP services, since start(). "Sockets" are the visitors' on a Server, the backends' on a
/// Client, where a DatagramHandler counts as one.
/// Each side counts what it drops itself.
struct DatagramStats {
    std::uint64_t received = 0;             ///< from sockets
    std::uint64_t sent = 0;                 ///< to sockets
    std::uint64_t dropped_no_room = 0;      ///< more waited than may: the trunk or the other end is behind
    std::uint64_t dropped_too_old = 0;      ///< had waited for the trunk for 200 ms
    std::uint64_t dropped_over_rate = 0;    ///< beyond the bytes per second of their token, service or visitor
    std::uint64_t dropped_no_visitor = 0;   ///< of a visitor for whom there was no place, or whom a plugin keeps out
    std::uint64_t dropped_socket_full = 0;  ///< the kernel had no room to send them
    std::uint64_t unreachable = 0;          ///< refused: by ICMP from a backend that is away, or by the kernel
};

/// Connections between client and server that were lost, and whose visitors waited for another one, as Builder::resume
/// says. Totals count from start(); all is zero where `resume` is off.
struct ResumeStats {
    std::uint32_t waiting = 0;                 ///< connections whose visitors wait, now
    std::chrono::milliseconds waiting_for{0};  ///< since when the first of them does
    std::uint64_t waits = 0;                   ///< connections whose visitors have waited, in all ...
    std::uint64_t resumed = 0;                 ///< ... of these, those that were made again ...
    std::uint64_t given_up = 0;                ///< ... and those whose visitors were reset in the end
    std::uint64_t refused_unknown = 0;       ///< requests that were refused: the session is over, or not known (client:
                                             ///< each such request is the last one)
    std::uint64_t refused_unauthorized = 0;  ///< the same: it is another one's, or the token may not log in
    std::uint64_t refused_superseded = 0;    ///< the same: a later request had come
    std::uint64_t refused_otherwise = 0;     ///< the same, for another reason
    std::uint64_t bytes_kept = 0;            ///< memory of what the other sides have not confirmed, now
    std::uint64_t bytes_kept_max = 0;        ///< what each connection may keep, Builder::resume_memory
};

/// What a Client tells about itself.
struct ClientStats {
    bool connected = false;            ///< now
    unsigned connections = 0;          ///< trunks that are up, now
    std::uint64_t connects = 0;        ///< logins that succeeded
    std::uint64_t losses = 0;          ///< trunks that broke
    std::chrono::microseconds rtt{0};  ///< the smallest round trip of the last minute; 0: not known
    ResumeStats resume;                ///< a connection that waits counts as one that is up
    TrafficStats traffic;
    DatagramStats datagrams;
};

/// The numbers of the HTTP edge, since start(); "now" is what exists at the moment.
struct HttpStats {
    std::uint32_t connections_now = 0;      ///< visitors' connections, now
    std::uint64_t connections = 0;          ///< visitors' connections, in all
    std::uint64_t connections_refused = 0;  ///< visitors' connections beyond a limit
    std::uint64_t requests = 0;             ///< requests whose head was read and follows the rules
    std::uint64_t requests_refused = 0;     ///< requests that break the rules, or came too slowly
    std::uint64_t pages = 0;                ///< answers of the edge itself, redirects not counted
    std::uint64_t answers_cut = 0;          ///< answers that had begun and could not be completed
    std::uint64_t visitors_lost = 0;        ///< visitors who left during an exchange, or were reset: they did not read
    std::uint64_t upgrades = 0;             ///< changes of protocol (WebSocket)
    std::uint64_t handshakes_failed = 0;    ///< of TLS with visitors
    std::uint64_t backend_opened = 0;       ///< connections to backends that were requested
    std::uint64_t backend_reused = 0;       ///< requests that went over an earlier connection
    std::uint64_t retries = 0;              ///< requests that were sent again
    std::uint64_t held = 0;                 ///< requests that have waited for a client of their service
    std::uint64_t bytes_received = 0;       ///< from visitors, heads and framing too
    std::uint64_t bytes_sent = 0;           ///< to visitors
};

/// The spans of traces, since start().
struct TraceStats {
    std::uint64_t sent = 0;     ///< the collector has taken them
    std::uint64_t failed = 0;   ///< it was away for too long, or has refused them
    std::uint64_t dropped = 0;  ///< more waited for it than may
};

/// What a Server tells about itself.
struct ServerStats {
    std::uint32_t clients = 0;            ///< now
    std::uint32_t connections = 0;        ///< of all clients, now
    std::uint64_t logins = 0;             ///< logins that succeeded
    std::uint64_t logins_refused = 0;     ///< logins with a wrong token, with garbage, or too slow
    std::uint32_t services = 0;           ///< now
    std::uint64_t visitors_accepted = 0;  ///< connections to public ports of TCP services, in all
    std::uint64_t visitors_waiting = 0;   ///< of public ports, for a client of their service to come back; now
    std::uint64_t visitors_held = 0;      ///< who have waited for one, in all ...
    std::uint64_t visitors_given_up = 0;  ///< ... and were reset: none came in time, or too many waited
    ResumeStats resume;                   ///< a connection that waits counts as one that is there
    TrafficStats traffic;                 ///< over the trunks, for services of all kinds
    HttpStats http;                       ///< zero without http_bind() and https_bind()
    DatagramStats datagrams;              ///< of UDP services
    TraceStats traces;                    ///< zero without Builder::traces
};

/// What a service has moved and answered. Totals count from start(): they outlive its connections and registrations.
/// The bytes of all services, and of what belongs to none, are together those of TrafficStats.
struct ServiceStats {
    /// Its name. Empty, with the other words: what belongs to no service, and services that are not told apart any
    /// more, since there were more than 10,000.
    std::string service;
    std::string token;                       ///< on a Server: the name of the token that it is offered with
    std::string endpoint;                    ///< on a Server its public address, on a Client its kind; visits: "visit"
    std::uint64_t bytes_received = 0;        ///< payload from the trunks
    std::uint64_t bytes_sent = 0;            ///< payload to the trunks
    std::array<std::uint64_t, 5> answers{};  ///< on a Server, for HTTP: requests by their answers' status, 1xx to 5xx
    Timings first_byte{};                    ///< from a request's head to its answer's
    Timings whole{};                         ///< to the end of the answer, without changes of protocol
};

/// A thread of a Client or Server.
struct WorkerStats {
    std::chrono::nanoseconds ran{0};     ///< on a processor; 0: the system does not tell, or it is the application's
    std::chrono::nanoseconds waited{0};  ///< ready to run, for a processor; likewise
    Timings timer_delays{};              ///< how late its timers were
};

/// A connected client, as the server sees it.
struct TunnelInfo {
    struct Service {
        std::string name;
        std::string endpoint;              ///< the public address: "tunnel.example.com:2222", or a URL
        std::uint32_t streams = 0;         ///< now; for HTTP, connections to the backend, also idle ones
        std::uint64_t requests = 0;        ///< for HTTP, since the service was registered
        std::uint64_t bytes_received = 0;  ///< payload from the trunks, over all services with this name and endpoint
        std::uint64_t bytes_sent = 0;      ///< payload to the trunks: ServiceStats says more
        bool unhealthy = false;            ///< its client has found its backend so: it gets no new visitors
        std::string why_unhealthy{};       ///< untrusted text
        /// The client as a member of the group that shares the service.
        struct Member {
            enum class State : std::uint8_t {
                takes_visitors,
                standby,    ///< another member takes them
                unhealthy,  ///< its client has found its backend so
                ejected,    ///< it has failed visitors
                draining,   ///< it finishes those that it has
                waiting,    ///< for its client, whose connection is lost, to resume the session
            };
            std::string group{};  ///< empty: it offers the service alone, and the rest means nothing
            State state = State::takes_visitors;
            std::uint64_t visitors = 0;      ///< that it was given so far; of HTTP, requests
            std::uint64_t visitors_now = 0;  ///< that are there
        };
        Member member{};
        /// A visitor, by its address: of IPv6 the /64.
        struct Visitor {
            std::string address;
            std::uint64_t visits = 0;  ///< connections, flows of UDP, requests of HTTP
            std::uint64_t bytes = 0;   ///< both ways, of visits that are over
        };
        /// Those who make most of the traffic of all services with this name and endpoint, heaviest first, at most 8.
        /// Each has had at least so much: what it has had before it was among the heaviest is not counted.
        std::vector<Visitor> top_visitors{};
        std::uint64_t visits = 0;  ///< of this client's service, so far: connections, flows of UDP, requests of HTTP
        std::vector<std::string> more_hosts{};  ///< those beside the one of `endpoint`, for HTTP and TLS
        bool draining = false;  ///< it takes no new visitors, since its client ends: those that are there finish
    };
    std::string client;                           ///< the address that its oldest connection comes from
    std::string name{};                           ///< what its user calls it, Client::Builder::name: untrusted text
    std::string agent;                            ///< what the client program calls itself: untrusted text
    std::string token_name;                       ///< which of the server's tokens it used
    std::chrono::system_clock::time_point since;  ///< when its oldest connection began
    std::uint32_t connections = 0;                ///< now, without replaced ones that only finish
    std::uint32_t waiting = 0;                    ///< connections that are lost, and whose visitors wait, now
    std::chrono::milliseconds waiting_for{0};     ///< since when the first of them does
    std::vector<Service> services;
    /// Tells clients of one name apart. A client that reconnects has the same as before, unless it was away for long.
    std::uint64_t id = 0;
};

}  // namespace ferrotunnel
