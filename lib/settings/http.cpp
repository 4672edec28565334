#include "settings/http.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "h2/limits.hpp"
#include "http/characters.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {
namespace {

using S = HttpServerSettings;

/// No visitor waits longer for a page.
constexpr std::chrono::milliseconds hold_max{60'000};

constexpr Setting<S> of_time(std::string_view key, std::chrono::milliseconds S::*at, std::string_view help,
                             std::chrono::milliseconds most = limits::config_time_max, std::uint64_t min = 1) {
    const auto max = static_cast<std::uint64_t>(most.count());
    return {{.key = key, .form = Form::time, .min = min, .max = max, .help = help, .is_live = true}, at};
}

constexpr Setting<S> number(std::string_view key, Member<S> at, std::uint64_t min, std::uint64_t max,
                            std::string_view help) {
    return {{.key = key, .form = Form::number, .min = min, .max = max, .help = help, .is_live = true}, at};
}

constexpr Setting<S> size(std::string_view key, Member<S> at, std::uint64_t min, std::uint64_t max,
                          std::string_view help) {
    return {{.key = key, .form = Form::size, .min = min, .max = max, .help = help, .is_live = true}, at};
}

constexpr Setting<S> on_off(std::string_view key, bool S::*at, std::string_view help) {
    return {{.key = key, .form = Form::on_off, .help = help, .is_live = true}, at};
}

constexpr std::array settings_of_http{
    of_time("head_timeout", &S::head_timeout,
            "How long a head may take from its first byte, or from the start of the connection; 408 when exceeded."),
    of_time("idle_timeout", &S::idle_timeout,
            "How long a visitor's connection waits for its next request before it is closed."),
    of_time("write_timeout", &S::write_timeout,
            "How long a visitor may read nothing of a pending response before its connection is reset."),
    of_time(
        "linger_timeout", &S::linger_timeout,
        "After the last response, the connection is closed once the visitor has sent nothing for this long; after 30 s "
        "in any case, or this if it is longer."),
    size("linger_bytes", &S::linger_bytes, 0, limits::http_linger_settable_max,
         "Bytes that visitors send after their last response, and that each worker discards. Beyond this, the "
         "connection that has been closing for longest is reset."),
    number("requests_per_connection", &S::requests_per_connection, 1, limits::http_requests_settable_max,
           "Requests of a visitor's connection; the last response has `Connection: close`."),
    number("connections", &S::connections, 1, limits::http_connections_settable_max,
           "Open connections of visitors; one beyond that gets 429, or is closed before TLS."),
    number("connections_per_address", &S::connections_per_address, 1, limits::http_connections_settable_max,
           "Open connections of visitors from one address (IPv6: /64); an IPv6 /56 may have a quarter of "
           "`connections`, a /48 half, or this value if it is larger. Does not apply to trusted proxies."),
    on_off("h2c", &S::h2c, "Whether visitors without TLS may use HTTP/2 from their first byte on."),
    number("http2_streams", &S::http2_streams, 1, h2::streams_settable_max,
           "Concurrent requests of an HTTP/2 connection."),
    size("http2_stream_window", &S::http2_stream_window, h2::window_settable_min, h2::window_settable_max,
         "Bytes of an HTTP/2 request's body that may wait for the backend."),
    size("http2_connection_window", &S::http2_connection_window, h2::window_settable_min, h2::window_settable_max,
         "Bytes of the bodies of all requests of an HTTP/2 connection that may wait for their backends."),
    on_off("http2_websockets", &S::http2_websockets,
           "Whether WebSockets are accepted over HTTP/2 (RFC 8441); `off`: browsers open them over HTTP/1.1."),
    size("head_bytes", &S::head_bytes, limits::http_head_settable_min, limits::http_head_settable_max,
         "Maximum size of a request's head; 431 when exceeded."),
    size("line_bytes", &S::line_bytes, limits::http_line_settable_min, limits::http_line_settable_max,
         "Maximum size of each line of the head; 431 when exceeded."),
    number("fields", &S::fields, 1, limits::http_fields_max,
           "Maximum number of fields in a head; 431 when exceeded. 16 more are allowed for fields that proxies add."),
    size("target_bytes", &S::target_bytes, limits::http_target_settable_min, limits::http_target_max,
         "Maximum length of path and query together; 414 when exceeded."),
    of_time("backend_connect_timeout", &S::backend_connect_timeout,
            "How long the backend may take to accept a connection; 502 when exceeded."),
    of_time("first_byte_timeout", &S::first_byte_timeout,
            "How long the backend may take until the first byte of its response; 504 when exceeded."),
    size("body_rate", &S::body_rate, 0, limits::http_body_rate_settable_max,
         "Minimum average rate of a request's body in bytes per second; a slower one gets 408. 0: no minimum. Does not "
         "apply once the response has begun, nor to streams of messages (gRPC, NDJSON)."),
    of_time("body_grace", &S::body_grace,
            "How long a request's body may pause, and how far it may fall behind "
            "`body_rate` in total."),
    of_time("upgraded_idle_timeout", &S::upgraded_idle_timeout,
            "How long an upgraded connection (WebSocket) may be idle in both directions before it is closed."),
    on_off("upgrades", &S::upgrades, "Whether requests may upgrade the protocol (WebSocket)."),
    size("body_max", &S::body_max, 0, limits::http_body_bytes_max,
         "Maximum size of a request's body; 413 when exceeded. 0: unlimited."),
    of_time("first_byte_timeout_max", &S::first_byte_timeout_max,
            "Maximum `first_byte_timeout` of a service, up to 24 h.", limits::http_first_byte_max),
    of_time("upgraded_idle_timeout_max", &S::upgraded_idle_timeout_max,
            "Maximum `upgraded_idle_timeout` of a service, up to 7 days.", limits::http_upgraded_idle_max),
    of_time("hold", &S::hold,
            "How long requests wait for a client after the service's last one has left, or after the server has "
            "started; then 503. 0: no wait.",
            hold_max, 0),
    of_time("pool_idle_timeout", &S::pool_idle_timeout,
            "How long an idle connection to a backend is kept for its next request."),
    number("pool_per_service", &S::pool_per_service, 0, limits::http_connections_settable_max,
           "Idle connections to backends that each thread keeps for a service."),
    number("pool", &S::pool, 0, limits::http_connections_settable_max,
           "Idle connections to backends that each thread "
           "keeps in total."),
    size("replay_bytes", &S::replay_bytes, 0, limits::http_replay_settable_max,
         "A request that may have to be sent again is buffered up to this size."),
    Setting<S>{{.key = "trusted_proxies",
                .form = Form::words,
                .fault = network_fault,
                .option = "trusted-proxy",
                .operand = "NETWORK",
                .is_repeated = true,
                .topic = addresses_topic,
                .brief = "Trust X-Forwarded-* of this proxy in front; may be repeated",
                .type = "IP address or network, or a list",
                .help = "Proxies in front of this server, such as 192.0.2.7 or 10.0.0.0/8, whose X-Forwarded-* and "
                        "X-Request-Id are trusted. Up to 1,024.",
                .is_live = true},
               &S::trusted_proxies},
    on_off("forwarded", &S::forwarded, "Whether backends receive Forwarded (RFC 7239) too."),
    Setting<S>{{.key = "via",
                .form = Form::word,
                .type = "name in Via",
                .help = "This server's name in Via, up to 64 characters; a request that has it already gets 508.",
                .is_live = true},
               &S::via},
    Setting<S>{{.key = "acme_webroot",
                .form = Form::path,
                .type = "folder",
                .help = "Webroot of another ACME client (certbot, lego): its files below .well-known/acme-challenge "
                        "answer http-01 for every host. For certificates by this server see `acme`.",
                .default_text = "none",
                .is_live = true},
               &S::acme_webroot},
    on_off("member_header", &S::member_header,
           "Whether responses of a group name the answering client in X-FerroTunnel-Member."),
    Setting<S>{
        {.key = "pages", .type = "map of statuses to files", .help = "Pages of your own, see below.", .is_live = true},
        {},
        [](const S& a, const S& b) { return a.pages == b.pages; },
        [](S& into, const S& from) { into.pages = from.pages; }},
    Setting<S>{{.key = "hosts",
                .type = "map of hosts to pages",
                .help = "Pages of your own for single hosts, see below.",
                .is_live = true},
               {},
               [](const S&, const S&) { return true; }},  // compared as part of `pages`
};

}  // namespace

std::span<const Setting<HttpServerSettings>> http_settings() noexcept {
    return settings_of_http;
}

void check_http_settings(const HttpServerSettings& settings, std::vector<Problem>& problems) {
    check_bounds(http_place, http_settings(), settings, problems);
    if (!settings.via.empty() && (settings.via.size() > limits::http_via_max || !http::is_token(settings.via))) {
        problems.push_back(
            {"http_settings.via", in_quotes(settings.via) +
                                      " is not a valid name for Via; expected up to 64 letters, digits and "
                                      "!#$%&'*+-.^_`|~"});
    }
    if (const auto networks = networks_of(settings.trusted_proxies); !networks) {
        problems.push_back({"http_settings.trusted_proxies", networks.error()});
    }
    check_pages(settings.pages, problems);
}

std::optional<std::string> network_fault(const std::string& text) {
    const auto network = net::IpNetwork::parse(text);
    return network ? std::nullopt : std::optional(in_quotes(text) + ' ' + network.error());
}

Result<net::IpNetworks, std::string> networks_of(const std::vector<std::string>& texts) {
    std::vector<net::IpNetwork> networks;
    for (const std::string& text : texts) {
        auto network = net::IpNetwork::parse(text);
        if (!network) {
            return in_quotes(text) + ' ' + network.error();
        }
        networks.push_back(*network);
    }
    if (networks.size() > limits::http_trusted_proxies_max) {
        return "more than " + std::to_string(limits::http_trusted_proxies_max) + " networks";
    }
    return net::IpNetworks(std::move(networks));
}

}  // namespace ferrotunnel::detail
