// Settings of the HTTP edge: deadlines, bounds, and what it reports to backends and visitors. Values only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/units.hpp"
#include "directory/http_description.hpp"
#include "http/field_reader.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::exchange {

using namespace std::chrono_literals;

/// The settings that may differ from service to service, so that long polls, uploads and streams are not cut.
struct HttpServiceSettings {
    /// The time from the OPEN of a stream until the backend accepts the connection; 502 when exceeded.
    Duration backend_connect = 3s;
    /// The time from the last byte of the request that was sent, or the last interim response, to the response; 504
    /// when exceeded.
    Duration first_byte = 60s;
    /// The minimum average rate of a request's body, and how long the visitor may pause or be behind it; 408 when
    /// exceeded (ingress/body_pace.hpp). A rate of zero: no minimum. Time in which the visitor waits does not count.
    std::uint64_t body_bytes_per_second_min = 500;
    Duration body_grace = 60s;
    /// The idle time allowed after a 101, without a byte either way.
    Duration upgraded_idle = 1h;
    /// Whether a request may change the protocol (WebSocket).
    bool upgrades = true;
    /// The largest request body; 413 beyond that, before the backend is contacted if the length is declared.
    std::uint64_t body_bytes_max = limits::http_body_bytes_max;

    friend bool operator==(const HttpServiceSettings&, const HttpServiceSettings&) = default;
};

/// The settings of a service: its own if it has any, otherwise those of `usual`. A service can neither allow upgrades
/// that `usual` forbids nor raise `body_bytes_max`.
HttpServiceSettings settings_for(const HttpServiceSettings& usual, const directory::HttpServiceLimits& own) noexcept;

struct HttpSettings {
    /// The settings of services that set nothing else.
    HttpServiceSettings service;

    // --- visitors ---
    /// The time from the first byte of a head, or from the start of the connection, to the end of the head; 408 when
    /// exceeded.
    Duration head = 10s;
    /// The time between two requests.
    Duration keep_alive_idle = 75s;
    /// How long a visitor may read nothing of what waits for it before its connection is dropped.
    Duration write_stalled = 60s;
    std::uint32_t requests_per_connection_max = 1'000;
    /// How long a visitor may send nothing after its last response before its connection is closed, and how much a
    /// worker's visitors may send then, which is discarded (ingress/lingering.hpp).
    Duration linger = 5s;
    std::uint64_t linger_bytes_max = 256_MiB;
    std::uint32_t connections_max = 16'384;
    std::uint32_t connections_per_address_max = 1'024;  // not for trusted proxies
    /// Whether visitors without TLS may start with HTTP/2. With TLS the handshake decides.
    bool h2c = false;
    /// Streams of HTTP/2 that a connection may have at once, and how many bytes of request bodies may be buffered here,
    /// for one stream and for all of a connection.
    std::uint32_t http2_streams = 100;
    std::uint32_t http2_stream_window = 64_KiB;
    std::uint32_t http2_connection_window = 1_MiB;
    /// Whether WebSockets over HTTP/2 (RFC 8441) are offered and accepted.
    bool http2_websockets = false;
    /// HTTP/2 connections without a stream that a worker keeps; beyond that, the one that was idle longest is closed.
    /// Each uses about 26 KiB, most of it libnghttp2's buffer for one frame.
    std::size_t http2_idle_max = 10'000;
    /// The limits for requests' heads. Those of responses cannot be set: they depend on what the visitor's programs
    /// accept.
    http::HeadLimits head_limits;

    /// The rules of services that have no such rule of their own.
    std::optional<http::HttpsRedirect> https_redirect;
    std::optional<http::Hsts> hsts;

    /// Send Forwarded (RFC 7239) to backends too.
    bool forwarded = false;
    /// Send visitors of groups X-FerroTunnel-Member with the name of the client that responded.
    bool member_header = false;
    /// This edge's name in Via, which identifies a request that arrives a second time (508). Empty: Via is not changed.
    std::string via;

    // --- backends ---
    /// How long visitors of a service wait for a client after the last client has left, instead of getting 503.
    Duration hold = 3s;
    /// How long an idle stream is kept: shorter than in common servers (Node 5 s), so that the edge and not the backend
    /// ends an idle connection.
    Duration pool_idle = 4s;
    /// How many idle streams one worker keeps, per service and in total.
    std::size_t pool_per_service_max = 512;
    std::size_t pool_max = 2'048;
    /// A request that may be sent again is kept up to this size, until the response begins.
    std::size_t replay_bytes_max = 64_KiB;

    friend bool operator==(const HttpSettings&, const HttpSettings&) = default;
};

}  // namespace ferrotunnel::exchange
