// Settings of a server's HTTP edge: timeouts, limits of visitors, and fields for backends and visitors. docs/http.md
// describes what happens at a limit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferrotunnel {

/// A custom page of the operator, shown instead of a built-in one.
struct HttpPage {
    enum class Format : std::uint8_t { html, json, text };

    /// When the page is shown: for a status ("404"), for a state as X-FerroTunnel-Error names it ("no_client"), or for
    /// "all". The page with the most specific state is used.
    std::string state = "all";
    /// The page's format, selected by the visitor's Accept; a format without a custom page uses another page.
    Format format = Format::html;
    /// The page itself, at most 256 KiB. `{{status}}`, `{{title}}`, `{{message}}`, `{{code}}`, `{{host}}`,
    /// `{{request_id}}` and `{{retry_after}}` are filled in, escaped.
    std::string text{};
    /// The host that the page is for, or "*.example.com" (one label in front), "**.example.com" (one or more). Empty:
    /// every host without a page for this state. A host's own page takes precedence over one for all hosts, whatever
    /// its `state`.
    std::string host{};

    friend bool operator==(const HttpPage&, const HttpPage&) = default;
};

/// Timeouts and limits of the HTTP edge. The defaults suit the internet. Times must be above zero, and at most 115
/// days.
struct HttpServerSettings {
    // --- visitors' connections ---

    /// How long a request's head may take, from its first byte or from the start of the connection to the head's end;
    /// 408 when exceeded.
    std::chrono::milliseconds head_timeout{10'000};
    /// How long a connection waits for the next request after a response was written, before it is closed.
    std::chrono::milliseconds idle_timeout{75'000};
    /// How long a visitor may read nothing of a pending response before its connection is reset.
    std::chrono::milliseconds write_timeout{60'000};
    /// After its last response a visitor may still send, such as the rest of an upload that was refused. That is
    /// discarded until the visitor ends its connection: closing it earlier would reset it, and the visitor might lose
    /// the response (RFC 9112, 9.6). The connection is closed once nothing has arrived for this long, and at the latest
    /// after 30 s, or this if it is longer.
    std::chrono::milliseconds linger_timeout{5'000};
    /// How many bytes each worker discards for such ending connections, 0 to 1 GiB; beyond that the connection that has
    /// been ending for longest is reset.
    std::uint32_t linger_bytes = 256 * 1024 * 1024;
    /// Requests on one connection, 1 to 1,000,000,000; the last response has `Connection: close`.
    std::uint32_t requests_per_connection = 1'000;
    /// Visitors' connections that may be open at once, 1 to 1,000,000: in all, and from one address (IPv6: /64), the
    /// latter not counted for `trusted_proxies`. An IPv6 /56 may have a quarter of all, a /48 half of all; when more
    /// than half of all are in use, an address or network may have fewer (docs/http.md). Further ones get 429, or are
    /// closed before TLS.
    std::uint32_t connections = 16'384;
    std::uint32_t connections_per_address = 1'024;

    // --- HTTP/2 ---

    /// Whether visitors without TLS may use HTTP/2 from their first byte on ("prior knowledge"). For TLS see
    /// Https::http2.
    bool h2c = false;
    /// Concurrent requests of an HTTP/2 connection, 1 to 10,000.
    std::uint32_t http2_streams = 100;
    /// Bytes of HTTP/2 request bodies that may wait for their backends, for one request and for all of a connection: 16
    /// KiB to 64 MiB.
    std::uint32_t http2_stream_window = 64 * 1024;
    std::uint32_t http2_connection_window = 1024 * 1024;
    /// Whether WebSockets are accepted over HTTP/2 (RFC 8441), next to other requests of a connection. Otherwise
    /// visitors open them over HTTP/1.1, as browsers do unless HTTP/2 is announced for them.
    bool http2_websockets = false;

    // --- heads of requests ---

    /// The maximum size of a head, 1 KiB to 256 KiB, and of each of its lines, 256 bytes to 64 KiB, both with line
    /// ends; 431 when exceeded.
    std::uint32_t head_bytes = 64 * 1024;
    std::uint32_t line_bytes = 16 * 1024;
    /// The maximum number of fields in a head, 1 to 100; 431 when exceeded.
    std::uint32_t fields = 100;
    /// The maximum length of the target, which is path and query, 64 bytes to 8 KiB; 414 when exceeded.
    std::uint32_t target_bytes = 8 * 1024;

    // --- defaults for services ---

    /// How long it may take to get a connection to the backend after it was requested; 502 when exceeded.
    std::chrono::milliseconds backend_connect_timeout{3'000};
    /// How long it may take from the end of the request, or an interim response, to the first byte of the response; 504
    /// when exceeded.
    std::chrono::milliseconds first_byte_timeout{60'000};
    /// The minimum average rate of a request's body, in bytes per second, up to 1,000,000,000; 0: no minimum. A body
    /// that falls behind by more than `body_grace` in total, or pauses for longer than that, gets 408. Time in which
    /// the backend reads nothing does not count. Does not apply once the response has begun, nor to streams of messages
    /// such as gRPC and NDJSON.
    std::uint32_t body_rate = 500;
    std::chrono::milliseconds body_grace{60'000};
    /// How long an upgraded connection (WebSocket) may be idle in both directions before it is closed.
    std::chrono::milliseconds upgraded_idle_timeout{3'600'000};
    /// Whether requests may upgrade the protocol.
    bool upgrades = true;
    /// The maximum size of a request's body, in bytes; 413 when exceeded. 0: unlimited. A service may have a limit of
    /// its own; the smaller one applies.
    std::uint64_t body_max = 0;
    /// The maximum `first_byte_timeout` of a service, at most 24 h.
    std::chrono::milliseconds first_byte_timeout_max{3'600'000};
    /// The maximum `upgraded_idle_timeout` of a service, at most 7 days.
    std::chrono::milliseconds upgraded_idle_timeout_max{24 * 3'600'000};

    // --- connections to backends ---

    /// How long requests wait for a client after the last client of their service has left, or after the server has
    /// started, up to 60 s; then they, and later ones, get 503. 0: no wait. While a request waits, its body is not
    /// read.
    std::chrono::milliseconds hold{3'000};
    /// How long an idle connection waits for its next request. Shorter than the idle timeout of backends (Node 5 s), so
    /// that the backend does not close it first.
    std::chrono::milliseconds pool_idle_timeout{4'000};
    /// How many idle connections each thread keeps, 0 to 1,000,000: for one service, and in total.
    std::uint32_t pool_per_service = 512;
    std::uint32_t pool = 2'048;
    /// Maximum size, 0 to 1 MiB, of a request with its body that is buffered while it may have to be sent again.
    std::uint32_t replay_bytes = 64 * 1024;

    // --- visitors' addresses ---

    /// Proxies in front of this server, as addresses or networks: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32". Their
    /// X-Forwarded-* and X-Request-Id are trusted. At most 1,024.
    std::vector<std::string> trusted_proxies{};
    /// Whether backends receive the visitor's address in Forwarded (RFC 7239) too.
    bool forwarded = false;
    /// This server's name in Via, a token of up to 64 characters; a request that has this name already gets 508. Empty:
    /// Via is not changed.
    std::string via{};

    // --- certificates that another program gets ---

    /// The webroot of another ACME client, such as certbot or lego: a file .well-known/acme-challenge/TOKEN in this
    /// folder answers a CA's request for it, for every host, before any service does. Empty: none. The server's own
    /// ACME (Builder::acme) does not need it.
    std::string acme_webroot{};

    // --- members of groups ---

    /// Whether responses of a group name the answering client in X-FerroTunnel-Member.
    bool member_header = false;

    // --- responses of the edge itself ---

    /// Custom pages of the operator, at most 1,024; two for the same host, state and format are an error.
    std::vector<HttpPage> pages{};

    friend bool operator==(const HttpServerSettings&, const HttpServerSettings&) = default;
};

}  // namespace ferrotunnel
