// Settings of a server's HTTP edge: how patient it is, what it lets visitors use, and what it tells backends and
// visitors. docs/http.md says what happens when a limit is met.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferrotunnel {

/// A page of the operator's own, which visitors see instead of a built-in one.
struct HttpPage {
    enum class Format : std::uint8_t { html, json, text };

    /// When the page is shown: for a status ("404"), for a state as X-FerroTunnel-Error names it ("no_client"), or for
    /// "all". The page with the most exact state is taken.
    std::string state = "all";
    /// The page's format, for visitors whose Accept asks for it; other visitors see the page that there is in theirs.
    Format format = Format::html;
    /// The page itself, at most 256 KiB. `{{status}}`, `{{title}}`, `{{message}}`, `{{code}}`, `{{host}}`,
    /// `{{request_id}}` and `{{retry_after}}` are filled in, escaped.
    std::string text{};
    /// The host that the page is for, or "*.example.com" (one label in front), "**.example.com" (one or more). Empty:
    /// every host that has no page for this state. A host's own page goes before one for all hosts, whatever its
    /// `state`.
    std::string host{};

    friend bool operator==(const HttpPage&, const HttpPage&) = default;
};

/// Deadlines and limits of the HTTP edge. The defaults suit the internet. Times are above zero, up to 115 days.
struct HttpServerSettings {
    // --- visitors' connections ---

    /// How long a request's head may take, from its first byte or from the start of the connection to the head's end;
    /// then 408.
    std::chrono::milliseconds head_timeout{10'000};
    /// How long the next request may take to come after an answer was written; then the connection is closed.
    std::chrono::milliseconds idle_timeout{75'000};
    /// How long a visitor may take nothing of an answer that waits for it; then its connection is reset.
    std::chrono::milliseconds write_timeout{60'000};
    /// After its last response a visitor may still send, such as the rest of an upload that was refused. That is
    /// discarded until the visitor ends its connection: closing it earlier would reset it, and the visitor might lose
    /// the response (RFC 9112, 9.6). The connection is closed once nothing has arrived for this long, and at the latest
    /// after 30 s, or this if it is longer.
    std::chrono::milliseconds linger_timeout{5'000};
    /// How many bytes each worker discards for its visitors' connections that end so, 0 to 1 GiB; beyond that the
    /// connection that has been ending for longest is reset.
    std::uint32_t linger_bytes = 256 * 1024 * 1024;
    /// Requests on one connection, 1 to 1,000,000,000; the last answer says `Connection: close`.
    std::uint32_t requests_per_connection = 1'000;
    /// Visitors' connections that may be open at once, 1 to 1,000,000: in all, and from one address (IPv6: /64), the
    /// latter not counted for `trusted_proxies`. An IPv6 /56 may have a quarter of all, a /48 half of all; when more
    /// than half of all are taken, an address or network may have fewer (docs/http.md). Further ones get 429, or are
    /// closed before TLS.
    std::uint32_t connections = 16'384;
    std::uint32_t connections_per_address = 1'024;

    // --- HTTP/2 ---

    /// Whether visitors without TLS may speak HTTP/2 from their first byte on ("prior knowledge"). With TLS,
    /// Https::http2 says.
    bool h2c = false;
    /// Requests that one connection of HTTP/2 may have at once, 1 to 10,000.
    std::uint32_t http2_streams = 100;
    /// How much of requests' bodies may wait for their backends here, of one request and of all of a connection of
    /// HTTP/2: 16 KiB to 64 MiB.
    std::uint32_t http2_stream_window = 64 * 1024;
    std::uint32_t http2_connection_window = 1024 * 1024;
    /// Whether WebSockets may come by HTTP/2 (RFC 8441), beside other requests of a connection. Else visitors open
    /// them by HTTP/1.1, as browsers do when they are not told that they may.
    bool http2_websockets = false;

    // --- heads of requests ---

    /// The largest head, 1 KiB to 256 KiB, and the longest of its lines, 256 bytes to 64 KiB, both with line ends; a
    /// larger one gets 431.
    std::uint32_t head_bytes = 64 * 1024;
    std::uint32_t line_bytes = 16 * 1024;
    /// How many fields a head may have, 1 to 100; one with more gets 431.
    std::uint32_t fields = 100;
    /// The longest target, which is path and query, 64 bytes to 8 KiB; a longer one gets 414.
    std::uint32_t target_bytes = 8 * 1024;

    // --- services that do not say something else ---

    /// How long it may take to get a connection to the backend, once it was asked for; then 502.
    std::chrono::milliseconds backend_connect_timeout{3'000};
    /// How long it may take from the end of the request, or an interim response, to the first byte of the answer; then
    /// 504.
    std::chrono::milliseconds first_byte_timeout{60'000};
    /// The lowest average rate of a request's body, in bytes per second, up to 1,000,000,000; 0: any rate. A body gets
    /// 408 that is behind this by more than `body_grace` in all, or that pauses for longer than that. Time in which the
    /// backend takes nothing does not count. It does not hold once the response has begun, nor for streams of messages
    /// such as gRPC and NDJSON.
    std::uint32_t body_rate = 500;
    std::chrono::milliseconds body_grace{60'000};
    /// How long a connection may be without a byte either way after a change of protocols (WebSocket); then it is
    /// closed.
    std::chrono::milliseconds upgraded_idle_timeout{3'600'000};
    /// Whether requests may change the protocol.
    bool upgrades = true;
    /// The largest body of a request, in bytes; a larger one gets 413. 0: any size. A service may have a bound of its
    /// own; the smaller one counts.
    std::uint64_t body_max = 0;
    /// The longest timeouts that services may ask for: up to a day, and up to seven days.
    std::chrono::milliseconds first_byte_timeout_max{3'600'000};
    std::chrono::milliseconds upgraded_idle_timeout_max{24 * 3'600'000};

    // --- connections to backends ---

    /// For how long after the last client of a service has gone, or the server has begun, requests for it wait for a
    /// client to come, up to 60 s; then they get 503, as those do that come later. 0: at once. While one waits nothing
    /// of its body is read.
    std::chrono::milliseconds hold{3'000};
    /// How long an idle connection waits for its next request. Shorter than backends keep theirs (Node 5 s), so that it
    /// is never the backend that closes it.
    std::chrono::milliseconds pool_idle_timeout{4'000};
    /// How many idle connections each thread keeps, 0 to 1,000,000: for one service, and in all.
    std::uint32_t pool_per_service = 512;
    std::uint32_t pool = 2'048;
    /// Up to which size, 0 to 1 MiB, a request with its body is kept for as long as it may have to be sent again.
    std::uint32_t replay_bytes = 64 * 1024;

    // --- who the visitor is ---

    /// Proxies in front of this server, as addresses or networks: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32". What they
    /// say in X-Forwarded-* and X-Request-Id is believed. At most 1,024.
    std::vector<std::string> trusted_proxies{};
    /// Whether backends are told who the visitor is by Forwarded (RFC 7239) too.
    bool forwarded = false;
    /// This server's name in Via, a token of up to 64 characters; a request that has this name already is answered with
    /// 508. Empty: Via is left alone.
    std::string via{};

    // --- members of groups ---

    /// Whether visitors of services that several clients share are told which of them has answered, by the field
    /// X-FerroTunnel-Member: the client's name.
    bool member_header = false;

    // --- answers of the edge itself ---

    /// The operator's own pages, at most 1,024; two for one host, state and format are an error.
    std::vector<HttpPage> pages{};

    friend bool operator==(const HttpServerSettings&, const HttpServerSettings&) = default;
};

}  // namespace ferrotunnel
