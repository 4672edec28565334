// Settings of the HTTP edge: the operator's, and those of one service. Values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "directory/http_description.hpp"
#include "ferrotunnel/http_settings.hpp"
#include "http/field_reader.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::exchange {

/// The settings that may differ from service to service, so that long polls, uploads and streams are not cut.
struct HttpServiceSettings {
    explicit HttpServiceSettings(const HttpServerSettings& of = {}) noexcept;

    /// The time from the OPEN of a stream until the backend accepts the connection; 502 when exceeded.
    Duration backend_connect;
    /// The time from the last byte of the request that was sent, or the last interim response, to the response; 504
    /// when exceeded.
    Duration first_byte;
    /// The minimum average rate of a request's body, and how long the visitor may pause or be behind it; 408 when
    /// exceeded (ingress/body_pace.hpp). A rate of zero: no minimum. Time in which the visitor waits does not count.
    std::uint64_t body_bytes_per_second_min;
    Duration body_grace;
    /// The idle time allowed after a 101, without a byte either way.
    Duration upgraded_idle;
    /// Whether a request may change the protocol (WebSocket).
    bool upgrades;
    /// The largest request body; 413 beyond that, before the backend is contacted if the length is declared.
    std::uint64_t body_bytes_max;

    friend bool operator==(const HttpServiceSettings&, const HttpServiceSettings&) = default;
};

/// The settings of a service: its own if it has any, otherwise those of `usual`. A service can neither allow upgrades
/// that `usual` forbids nor raise `body_bytes_max`.
HttpServiceSettings settings_for(const HttpServiceSettings& usual, const directory::HttpServiceLimits& own) noexcept;

/// The settings of a service that another member of the cluster serves: that member has the service's limits. Here the
/// request waits for it as long as the link is alive.
HttpServiceSettings settings_for_member(const HttpServiceSettings& usual) noexcept;

/// The operator's settings, and what only the edge itself decides. `trusted_proxies` and `pages` are not in use here:
/// EdgeRules has their compiled forms.
struct EdgeSettings : HttpServerSettings {
    /// HTTP/2 connections without a stream that a worker keeps; beyond that, the one that was idle longest is closed.
    /// Each uses about 26 KiB, most of it libnghttp2's buffer for one frame.
    std::size_t http2_idle_max = 10'000;
    /// The rules of services that have no such rule of their own.
    std::optional<http::HttpsRedirect> https_redirect{};
    std::optional<http::Hsts> hsts{};

    friend bool operator==(const EdgeSettings&, const EdgeSettings&) = default;
};

/// The limits for requests' heads. Those of responses cannot be set: they depend on what the visitor's programs accept.
inline http::HeadLimits head_limits(const HttpServerSettings& settings) noexcept {
    return {settings.head_bytes, settings.line_bytes, settings.fields, settings.target_bytes};
}

}  // namespace ferrotunnel::exchange
