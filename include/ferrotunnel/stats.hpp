// Statistics of a running Client or Server. These are snapshots: their members need not be of the same instant.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ferrotunnel {

/// A histogram of durations.
struct Timings {
    struct Bucket {
        std::chrono::nanoseconds up_to{0};  ///< the longest duration in it; max(): all that took longer
        std::uint64_t count = 0;            ///< in this bucket only
    };
    std::vector<Bucket> buckets{};    ///< the shortest first; empty if nothing was measured
    std::chrono::nanoseconds sum{0};  ///< sum of all durations

    std::uint64_t count() const noexcept {
        std::uint64_t all = 0;
        for (const Bucket& bucket : buckets) {
            all += bucket.count;
        }
        return all;
    }
};

/// Statistics common to Client and Server. Totals count from start(), over all tunnel connections, and stay after the
/// stop; "now" counts what exists at the moment.
struct TrafficStats {
    std::uint64_t bytes_received = 0;   ///< payload that this side received on tunnel connections
    std::uint64_t bytes_sent = 0;       ///< payload that this side sent on tunnel connections
    std::uint64_t bytes_copied = 0;     ///< payload bytes that were copied inside the sessions
    std::uint64_t streams_opened = 0;   ///< visitors and async_open, in total
    std::uint64_t streams_refused = 0;  ///< rejected by a limit or the backend, or not answered, whether they were
                                        ///< opened or not
    std::uint32_t streams = 0;          ///< now
    std::uint64_t bytes_held = 0;       ///< memory of queued payload from the tunnel connections, now
    std::uint64_t bytes_queued = 0;     ///< memory of payload that waits for the tunnel connections, now
    std::uint64_t frames_received = 0;  ///< frames of all kinds
    std::uint64_t frames_sent = 0;      ///< likewise
    std::uint64_t streams_reset = 0;    ///< streams reset before completion
    std::uint64_t credit_stalls = 0;    ///< times that a stream had to wait for credit of its reader
    Timings decode{};                   ///< time to decode the frames of a read; one read in sixteen is measured
    Timings encode{};                   ///< time to encode the frames of a write; likewise
    std::uint64_t slabs_in_use = 0;     ///< blocks of 64 KiB, now
    std::uint64_t memory = 0;           ///< approximate memory of visitors' bytes in both directions and of their
                                        ///< streams, now
    std::uint64_t memory_max = 0;       ///< limit of `memory`, Builder::memory_max
};

/// The datagrams of UDP services, since start(). "Sockets" are the visitors' on a Server, the backends' on a
/// Client, where a DatagramHandler counts as one.
/// Each side counts the datagrams that it drops itself.
struct DatagramStats {
    std::uint64_t received = 0;             ///< from sockets
    std::uint64_t sent = 0;                 ///< to sockets
    std::uint64_t dropped_no_room = 0;      ///< the queue was full: the tunnel connection or the other end
                                            ///< is too slow
    std::uint64_t dropped_too_old = 0;      ///< waited for the tunnel connection for 200 ms
    std::uint64_t dropped_over_rate = 0;    ///< beyond the bytes per second of their token, service or visitor
    std::uint64_t dropped_no_visitor = 0;   ///< too many visitors, or the visitor is refused by a plugin
    std::uint64_t dropped_socket_full = 0;  ///< the kernel's send buffer was full
    std::uint64_t unreachable = 0;          ///< refused: by ICMP from an unreachable backend, or by the kernel
};

/// Lost tunnel connections whose visitors waited for a new one (Builder::resume). Totals count from start(); all are
/// zero if `resume` is off.
struct ResumeStats {
    std::uint32_t waiting = 0;                 ///< connections whose visitors wait, now
    std::chrono::milliseconds waiting_for{0};  ///< how long the first of them has waited
    std::uint64_t waits = 0;                   ///< connections whose visitors waited, in total
    std::uint64_t resumed = 0;                 ///< of these, resumed on a new connection
    std::uint64_t given_up = 0;              ///< of these, given up: the visitors' connections were closed with a reset
    std::uint64_t refused_unknown = 0;       ///< refused resume requests: the session is over or unknown (for a client,
                                             ///< such a request is the last one)
    std::uint64_t refused_unauthorized = 0;  ///< likewise: the session belongs to another client, or the token may not
                                             ///< log in
    std::uint64_t refused_superseded = 0;    ///< likewise: a later request had arrived
    std::uint64_t refused_otherwise = 0;     ///< likewise, for another reason
    std::uint64_t bytes_kept = 0;            ///< memory of bytes that the other sides have not confirmed, now
    std::uint64_t bytes_kept_max = 0;        ///< limit for each connection, Builder::resume_memory
};

/// A server that a Client is connected to, or was, or dials.
struct ClientServerStats {
    std::string address;       ///< "b.example.com:7835"
    std::string member;        ///< its name in its cluster; empty: none, or not known yet
    unsigned connections = 0;  ///< tunnel connections that are up, now
};

/// Statistics of a Client.
struct ClientStats {
    bool connected = false;            ///< now
    unsigned connections = 0;          ///< tunnel connections that are up, now, to all servers
    std::uint64_t connects = 0;        ///< logins that succeeded
    std::uint64_t losses = 0;          ///< tunnel connections that broke
    std::chrono::microseconds rtt{0};  ///< the smallest round trip of the last minute; 0: not known
    ResumeStats resume;                ///< a waiting connection counts as one that is up
    TrafficStats traffic;
    DatagramStats datagrams;
    std::vector<ClientServerStats> servers{};  ///< one, or two of a cluster (Builder::redundancy)
};

/// Statistics of the HTTP edge since start(); "now" is what exists at the moment.
struct HttpStats {
    std::uint32_t connections_now = 0;      ///< visitors' connections, now
    std::uint64_t connections = 0;          ///< visitors' connections, in total
    std::uint64_t connections_refused = 0;  ///< visitors' connections rejected by a limit
    std::uint64_t requests = 0;             ///< requests with a valid head
    std::uint64_t requests_refused = 0;     ///< requests that were invalid or too slow
    std::uint64_t pages = 0;                ///< responses of the edge itself, without redirects
    std::uint64_t answers_cut = 0;          ///< responses that had begun and could not be completed
    std::uint64_t visitors_lost = 0;        ///< visitors that left during an exchange, or did not read, so that their
                                            ///< connection was closed with a reset
    std::uint64_t upgrades = 0;             ///< protocol upgrades (WebSocket)
    std::uint64_t handshakes_failed = 0;    ///< TLS handshakes with visitors
    std::uint64_t handshakes_hybrid = 0;    ///< TLS handshakes with visitors that agreed on a post-quantum key
    std::uint64_t handshakes_classic = 0;   ///< other TLS handshakes with visitors that succeeded
    std::uint64_t backend_opened = 0;       ///< connections to backends that were requested
    std::uint64_t backend_reused = 0;       ///< requests that went over an earlier connection
    std::uint64_t retries = 0;              ///< requests that were sent again
    std::uint64_t held = 0;                 ///< requests that waited for a client of their service
    std::uint64_t bytes_received = 0;       ///< from visitors, heads and framing too
    std::uint64_t bytes_sent = 0;           ///< to visitors
};

/// The spans of traces, since start().
struct TraceStats {
    std::uint64_t sent = 0;     ///< accepted by the collector
    std::uint64_t failed = 0;   ///< the collector was unreachable for too long, or refused them
    std::uint64_t dropped = 0;  ///< the queue for the collector was full
};

/// Statistics of a Server.
struct ServerStats {
    std::uint32_t clients = 0;            ///< now
    std::uint32_t connections = 0;        ///< of all clients, now
    std::uint64_t logins = 0;             ///< logins that succeeded
    std::uint64_t logins_refused = 0;     ///< logins with a wrong token, with invalid data, or too slow
    std::uint64_t logins_hybrid = 0;      ///< of `logins`, over TLS with a post-quantum key (X25519MLKEM768)
    std::uint64_t logins_classic = 0;     ///< of `logins`, over TLS with another key
    std::uint32_t services = 0;           ///< now
    std::uint64_t visitors_accepted = 0;  ///< connections to public ports of TCP services, in total
    std::uint64_t visitors_waiting = 0;   ///< visitors of public ports that wait for a client of their service, now
    std::uint64_t visitors_held = 0;      ///< visitors that waited for a client, in total
    std::uint64_t visitors_given_up = 0;  ///< of these, connections closed with a reset: no client in time
    ResumeStats resume;                   ///< a waiting connection counts as an open one
    TrafficStats traffic;                 ///< over tunnel connections, for services of all kinds
    HttpStats http;                       ///< zero without http_bind() and https_bind()
    DatagramStats datagrams;              ///< of UDP services
    TraceStats traces;                    ///< zero without Builder::traces
};

/// Traffic and responses of a service. Totals count from start(), across its connections and registrations. The bytes
/// of all services, and of the entry without a service, add up to those of TrafficStats.
struct ServiceStats {
    /// Its name. Empty, like the other texts, for traffic that belongs to no service, and for services beyond the first
    /// 10,000, which are counted together.
    std::string service;
    std::string token;                 ///< on a Server: the name of its client's token
    std::string kind{};                ///< "tcp", "udp", "http", "tls" or "private"; "visit": visits of private
                                       ///< services, on a Client its own, on a Server those of its clients
    std::string endpoint;              ///< on a Server its public address; on a Client, and for visits, `kind`
    std::uint64_t bytes_received = 0;  ///< payload that this side received on tunnel connections
    std::uint64_t bytes_sent = 0;      ///< payload that this side sent on tunnel connections
    /// The same bytes by their direction, which does not depend on the side: from visitors to the service and back. The
    /// visitors of a visit are the programs that connect to it.
    std::uint64_t bytes_from_visitors = 0;
    std::uint64_t bytes_to_visitors = 0;
    std::array<std::uint64_t, 5> answers{};  ///< on a Server, for HTTP: responses by status, 1xx to 5xx
    Timings first_byte{};                    ///< from a request's head to the head of its response
    Timings whole{};                         ///< to the end of the response, without protocol upgrades
};

/// A thread of a Client or Server.
struct WorkerStats {
    std::chrono::nanoseconds ran{0};     ///< time on a processor; 0: unknown, or the thread is the application's
    std::chrono::nanoseconds waited{0};  ///< time ready to run, waiting for a processor; likewise
    Timings timer_delays{};              ///< how late its timers were
};

/// A connected client, as the server sees it.
struct TunnelInfo {
    struct Service {
        std::string name;
        std::string endpoint;                   ///< the public address: "tunnel.example.com:2222", or a URL
        std::uint32_t streams = 0;              ///< now; for HTTP, connections to the backend, also idle ones
        std::uint64_t requests = 0;             ///< for HTTP, since the service was registered
        std::uint64_t bytes_received = 0;       ///< payload received on tunnel connections, over all
                                                ///< services with this name and endpoint
        std::uint64_t bytes_sent = 0;           ///< payload sent on tunnel connections; see ServiceStats
        std::uint64_t bytes_from_visitors = 0;  ///< the same bytes by their direction, as in ServiceStats
        std::uint64_t bytes_to_visitors = 0;    ///< likewise
        bool unhealthy = false;                 ///< the client's health checks fail: the member gets no new visitors
        std::string why_unhealthy{};            ///< untrusted text
        /// The client as a member of the group that shares the service.
        struct Member {
            enum class State : std::uint8_t {
                takes_visitors,
                standby,    ///< another member gets the visitors
                unhealthy,  ///< the client's health checks fail
                ejected,    ///< the member failed visitors
                draining,   ///< the member finishes its present visitors
                waiting,    ///< the client's connection is lost, and the session may be resumed
            };
            std::string group{};  ///< empty if the service has no group, and the other members are not meaningful
            State state = State::takes_visitors;
            std::uint64_t visitors = 0;      ///< visitors assigned to it so far; for HTTP, requests
            std::uint64_t visitors_now = 0;  ///< present visitors
        };
        Member member{};
        /// A visitor address; for IPv6 the /64.
        struct Visitor {
            std::string address;
            std::uint64_t visits = 0;  ///< connections, UDP flows, HTTP requests
            std::uint64_t bytes = 0;   ///< both directions, of ended visits
        };
        /// The addresses with most of the traffic of all services with this name and endpoint, busiest first, at most
        /// 8. The counts are lower bounds: traffic before an address was among the busiest is not counted.
        std::vector<Visitor> top_visitors{};
        std::uint64_t visits = 0;  ///< of this client's service, so far: connections, UDP flows, HTTP requests
        std::vector<std::string> more_hosts{};  ///< hosts other than that of `endpoint`, for HTTP and TLS
        bool draining = false;  ///< it gets no new visitors because its client is ending; the present ones finish
    };
    std::string client;  ///< the remote address of its oldest connection
    std::string name{};  ///< its name, Client::Builder::name: untrusted text
    /// Client::Builder::metadata: untrusted text. Values have no control characters, but may have others that change
    /// what a terminal shows.
    std::map<std::string, std::string> metadata{};
    std::string agent;                            ///< the client's program and version: untrusted text
    std::string tls{};                            ///< version, cipher suite and key group of its first connection,
                                                  ///< "TLSv1.3 TLS_AES_128_GCM_SHA256 x25519"; "plain" without TLS
    std::string token_name;                       ///< the name of its token
    std::chrono::system_clock::time_point since;  ///< when its oldest connection began
    std::uint32_t connections = 0;                ///< now, without replaced ones that are finishing
    std::uint32_t waiting = 0;                    ///< lost connections whose visitors wait, now
    std::chrono::milliseconds waiting_for{0};     ///< how long the first of them has waited
    std::vector<Service> services;
    /// Distinguishes clients with the same name. A client that reconnects keeps it, unless it was disconnected for
    /// long.
    std::uint64_t id = 0;
};

}  // namespace ferrotunnel
