// What a server's HTTP edge is set to: how patient it is, what it lets visitors use, and what it tells backends and
// visitors. docs/http.md says what follows when a limit is met.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferrotunnel {

/// A page of the operator's own, which visitors see instead of a built-in one.
struct HttpPage {
    enum class Format : std::uint8_t { html, json, text };

    /// When: a status ("404"), a state as X-FerroTunnel-Error names it ("no_client"), or "all". The most exact one is
    /// taken.
    std::string state = "all";
    /// For visitors whose Accept asks for this; the others see what there is in theirs.
    Format format = Format::html;
    /// At most 256 KiB. `{{status}}`, `{{title}}`, `{{message}}`, `{{code}}`, `{{host}}`, `{{request_id}}` and
    /// `{{retry_after}}` are filled in, escaped.
    std::string text{};
    /// For this host alone, or "*.example.com" (one label in front), "**.example.com" (one or more). Empty: for every
    /// host that has none for this state. A page of the host goes before one of all hosts, whatever its `state`.
    std::string host{};

    friend bool operator==(const HttpPage&, const HttpPage&) = default;
};

/// The defaults suit the internet. Times are above zero, up to 115 days.
struct HttpServerSettings {
    // --- visitors' connections ---

    /// From the first byte of a request's head, or from the connection's begin, to the head's end: then 408.
    std::chrono::milliseconds head_timeout{10'000};
    /// For the next request, from when the answer before it was written: then the connection is closed.
    std::chrono::milliseconds idle_timeout{75'000};
    /// A visitor who takes nothing of an answer that waits for it is reset after this.
    std::chrono::milliseconds write_timeout{60'000};
    /// After the last answer, what the visitor still sends is thrown away for this long ...
    std::chrono::milliseconds linger_timeout{2'000};
    /// ... or this many bytes, 0 to 1 GiB: a socket that is closed with unread bytes would lose the answer.
    std::uint32_t linger_bytes = 64 * 1024;
    /// Requests on one connection, 1 to 1,000,000,000; the last answer says `Connection: close`.
    std::uint32_t requests_per_connection = 1'000;
    /// Open at once, 1 to 1,000,000: in all, and from one address (IPv6: /64), which does not count for
    /// `trusted_proxies`. Beyond that 429, or closed before TLS.
    std::uint32_t connections = 16'384;
    std::uint32_t connections_per_address = 1'024;

    // --- heads of requests ---

    /// All of a head, 1 KiB to 256 KiB, and each of its lines, 256 bytes to 64 KiB, with line ends: then 431.
    std::uint32_t head_bytes = 64 * 1024;
    std::uint32_t line_bytes = 16 * 1024;
    /// Fields of a head, 1 to 100: then 431.
    std::uint32_t fields = 100;
    /// The target, which is path and query, 64 bytes to 8 KiB: then 414.
    std::uint32_t target_bytes = 8 * 1024;

    // --- services that do not say something else ---

    /// From when a connection to the backend was asked for until there is one: then 502.
    std::chrono::milliseconds backend_connect_timeout{3'000};
    /// From the end of the request, or an interim response, to the first byte of the answer: then 504.
    std::chrono::milliseconds first_byte_timeout{60'000};
    /// Bytes per second that a request's body has to come with at least, looked at every `body_grace`: then 408. Up to
    /// 1,000,000,000; 0: as slow as it likes. Time in which the backend takes nothing does not count.
    std::uint32_t body_rate = 500;
    std::chrono::milliseconds body_grace{5'000};
    /// After a change of protocols (WebSocket): without a byte either way it is closed.
    std::chrono::milliseconds upgraded_idle_timeout{3'600'000};
    /// Whether requests may change the protocol.
    bool upgrades = true;
    /// Bytes of a request's body: then 413. 0: any number. A service may have a bound of its own; the smaller one
    /// counts.
    std::uint64_t body_max = 0;
    /// The most that services may ask for: up to a day, and up to seven.
    std::chrono::milliseconds first_byte_timeout_max{3'600'000};
    std::chrono::milliseconds upgraded_idle_timeout_max{24 * 3'600'000};

    // --- connections to backends ---

    /// How long one waits for its next request. Shorter than backends keep theirs (Node 5 s), so that it is never the
    /// backend that ends it.
    std::chrono::milliseconds pool_idle_timeout{4'000};
    /// Idle ones that each thread keeps, 0 to 1,000,000: for one service, and in all.
    std::uint32_t pool_per_service = 512;
    std::uint32_t pool = 2'048;
    /// A request with its body is kept up to this size, 0 to 1 MiB, until it can no longer be sent once more.
    std::uint32_t replay_bytes = 64 * 1024;

    // --- who the visitor is ---

    /// Proxies in front of this server, as addresses or networks: "192.0.2.7", "10.0.0.0/8", "2001:db8::/32". What they
    /// say in X-Forwarded-*, and X-Request-Id, is believed. At most 1,024.
    std::vector<std::string> trusted_proxies{};
    /// Tell backends by Forwarded (RFC 7239) too.
    bool forwarded = false;
    /// This server's name in Via, a token of up to 64 characters; a request that has it already is answered 508.
    /// Empty: Via is left alone.
    std::string via{};

    // --- answers of the edge itself ---

    /// At most 1,024; two for one host, state and format are an error.
    std::vector<HttpPage> pages{};

    friend bool operator==(const HttpServerSettings&, const HttpServerSettings&) = default;
};

}  // namespace ferrotunnel
