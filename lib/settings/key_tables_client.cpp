// Key tables of a client's services.
#include <vector>

#include "backend/health.hpp"
#include "base/limits.hpp"
#include "ferrotunnel/backend.hpp"
#include "ferrotunnel/group.hpp"
#include "ferrotunnel/health_check.hpp"
#include "ferrotunnel/visit.hpp"
#include "settings/key_tables.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr SettingFacts of_client_section[] = {
    {.key = "services",
     .type = "list of services",
     .help = "Services to offer. Required without `visits`.",
     .keys = service_keys},
    {.key = "disabled",
     .type = "list of disabled services",
     .help = "Services of this configuration that are not offered, up to 1,024. Names that no service has are ignored. "
             "`ferrotunnel services disable` writes it into `conf.d/90-runtime.yml`; by hand, use `enabled: off` in "
             "the service.",
     .keys = disabled_service_keys},
};

constexpr SettingFacts of_disabled_service[] = {
    {.key = "name", .type = "name", .help = "Name of the service.", .is_required = true},
    {.key = "by", .type = "text", .help = "Who disabled it, for `ferrotunnel status`; up to 256 bytes."},
};

constexpr SettingFacts of_service[] = {
    {.key = "tcp",
     .type = "public port or range, or `private`",
     .help =
         "Public port; 0: the server chooses. `20000-20010` with a `local` such as `127.0.0.1:3000-3010`: a "
         "service for each port, called `name:20000` and so on. `private`: no public port; the service is reached by "
         "its name, through the server's `connect_bind` or by a program that embeds the server."},
    {.key = "udp",
     .type = "public port or range, or `private`",
     .help = "Public UDP port; 0: the server chooses. A range as with `tcp`. UDP and TCP ports do not conflict. "
             "`private`: no public port; other clients visit the service with its `key`. Instead of `tcp`."},
    {.key = "tcp+udp",
     .type = "public port or range",
     .help = "One public port number for TCP and UDP: two services, the UDP one called `name/udp`. Either both are "
             "registered, or neither. 0: the server chooses; a range as with `tcp`. All other keys must be valid for "
             "both. Instead of `tcp`."},
    {.key = "http",
     .type = "host or pattern, or `assigned`, or a list",
     .help = "Hosts that visitors request: `app.example.com`, `\"*.example.com\"`, `\"**.example.com\"`, `\"*\"`; "
             "`assigned`: the server chooses one. Instead of `tcp`."},
    {.key = "tls",
     .type = "host or pattern, or a list",
     .help = "Names that visitors request in TLS (SNI), written as in `http`, without `assigned`. Their TLS is passed "
             "through: the backend has the certificate. Instead of `tcp`."},
    {.key = "path",
     .type = "URL path",
     .help = "Paths of these hosts: `/api` and everything below it, `= /status`, `~ /v[0-9]+/.*`. Default: all. "
             "`--http` accepts the first form only."},
    {.key = "local",
     .type = "backend address",
     .help = "Backend that visitors are forwarded to: `host:port`; `22` is `localhost:22` (127.0.0.1 or [::1]); "
             "`unix:/run/app.sock`. With `http` also `https://host:port`, `http://host:port`, `h2c://host:port` and "
             "`h2://host:port` (HTTP/2 without and with TLS, for gRPC: [HTTP](http.md)), and `files:FOLDER` to serve "
             "the files of a folder ([files](files.md)). With `tcp` also `tls://host:port`, and `exit`: this client as "
             "a proxy ([exits](exit.md)). Not needed with `redirect`."},
    {.key = "name",
     .type = "name",
     .help =
         "Name of the service in events and logs. Default: `tcp:` and the port, the host and path, or `local`, cut or "
         "changed to a valid name."},
    {.key = "enabled",
     .form = Form::on_off,
     .help = "`off`: the service is not offered; `ferrotunnel status` shows it as off. Default: on."},
    {.key = "bind",
     .type = "IP address",
     .help = "With `tcp` and `udp`: address of the server on which the port listens, such as `127.0.0.1` for a port "
             "that only a proxy on that machine reaches. The token must have a right to it; see \"Rights\" below. "
             "Default: chosen by the server."},
    {.key = "idle",
     .form = Form::time,
     .min = limits::udp_idle_ms_min,
     .max = limits::udp_idle_ms_max,
     .help = "With `udp`: a visitor is forgotten after this long without a datagram in either direction; `1s` to `1h`. "
             "Default: `60s`."},
    {.key = "key",
     .type = "token",
     .help = "With `tcp: private` and `udp: private`: key that visitors (other clients, with `ferrotunnel visit`) must "
             "prove. It encrypts the traffic between the clients, so the server must not have it. `ferrotunnel token` "
             "makes one."},
    {.key = "token",
     .type = "token",
     .help = "A token of the service's own, which the server requires for it in addition to the client's "
             "(`server.services`)."},
    {.key = "plugins",
     .type = "list of plugins for a service",
     .help = "Plugins of the server that visitors pass in this order: `NAME: SETTINGS`, up to 8; see "
             "[clients](plugins/clients.md). Not for private services."},
};

constexpr Choice visit_kinds[] = {
    {"tcp", static_cast<std::uint64_t>(Visit::Kind::tcp)},
    {"udp", static_cast<std::uint64_t>(Visit::Kind::udp)},
};
constexpr SettingFacts of_visit[] = {
    {.key = "name",
     .type = "service of another client",
     .help = "Name of the service at its client: `db`, or `db@alice` for a client with another token, which the server "
             "calls alice.",
     .is_required = true},
    {.key = "local",
     .type = "port, or IP address with port",
     .help = "Listen address for connections to the service: `5432` (on this machine only), `127.0.0.1:5432`; port 0: "
             "any free port.",
     .is_required = true},
    {.key = "key", .type = "token", .help = "The key of the service, which its client has too.", .is_required = true},
    {.key = "kind",
     .form = Form::choice,
     .choices = visit_kinds,
     .help = "Kind of the service. With `udp`, each address that sends to `local` has a visit of its own, until it has "
             "been silent for 60 s. Default: `tcp`."},
};

constexpr Choice proxy_versions[] = {
    {"off", static_cast<std::uint64_t>(ProxyProtocol::off)},
    {"v1", static_cast<std::uint64_t>(ProxyProtocol::v1)},
    {"v2", static_cast<std::uint64_t>(ProxyProtocol::v2)},
};
constexpr SettingFacts of_backend[] = {
    {.key = "backend_ca",
     .form = Form::path,
     .help = "CAs that sign the certificate of a TLS backend, or that certificate itself. Default: the system's CAs."},
    {.key = "backend_certificate",
     .form = Form::path,
     .help = "Client certificate for a TLS backend that requests one: PEM, followed by its chain. With `backend_key`."},
    {.key = "backend_key",
     .form = Form::path,
     .help = "Private key of `backend_certificate`, PEM without a passphrase."},
    {.key = "backend_name",
     .type = "host",
     .help = "Name that the certificate of a TLS backend must have, and that is sent as SNI. Default: the host of "
             "`local`."},
    {.key = "backend_insecure",
     .form = Form::on_off,
     .help =
         "Accept any certificate of a TLS backend: anyone on the network path can then read and modify all traffic."},
    {.key = "proxy_protocol",
     .form = Form::choice,
     .choices = proxy_versions,
     .help = "Send the visitor's address to the backend in a header before the first byte. Each visitor of an HTTP "
             "service then has backend connections of its own. With `udp`: `v2`, before the first datagram."},
    {.key = "proxy_each",
     .form = Form::on_off,
     .help =
         "With `udp` and `proxy_protocol`: send the header before each datagram, as DNS servers expect, and not only "
         "before the first."},
};

constexpr Choice balances[] = {
    {"round-robin", static_cast<std::uint64_t>(Group::Balance::round_robin)},
    {"least", static_cast<std::uint64_t>(Group::Balance::least)},
    {"two-choices", static_cast<std::uint64_t>(Group::Balance::two_choices)},
};
constexpr Choice stickies[] = {
    {"off", static_cast<std::uint64_t>(Group::Sticky::off)},
    {"address", static_cast<std::uint64_t>(Group::Sticky::address)},
    {"cookie", static_cast<std::uint64_t>(Group::Sticky::cookie)},
};
constexpr SettingFacts of_group[] = {
    {.key = "group",
     .type = "name",
     .help = "Name of a group: other clients with the same token may offer the service with the same group, and "
             "visitors are spread over them ([operations](operations.md), \"Several clients for one service\"). Not "
             "for private services, nor with `plugins`."},
    {.key = "balance",
     .form = Form::choice,
     .choices = balances,
     .help = "With `group`: the member for a new visitor: each in turn, the one with the fewest visitors, or the less "
             "busy of two random ones. Must be equal in all members. Default: `round-robin`."},
    {.key = "weight",
     .form = Form::number,
     .min = 1,
     .max = wire::group_weight_max,
     .help = "With `group`: relative weight of this client: with 2, it gets twice as many visitors as a member with 1. "
             "Default: 1."},
    {.key = "standby",
     .form = Form::on_off,
     .help = "With `group`: this client gets visitors only while no other member is available. Default: off."},
    {.key = "sticky",
     .form = Form::choice,
     .choices = stickies,
     .help = "With `group`: a visitor returns to the member that it had before, by its `address` (IPv6: /64) or, with "
             "`http`, by a `cookie` that the server sets. Must be equal in all members. Default: `off`."},
    {.key = "eject",
     .form = Form::number,
     .min = 1,
     .max = wire::eject_failures_max,
     .help = "With `group`: a member that fails this many visitors in a row gets none for a while "
             "([operations](operations.md), \"Members that fail\"). Must be equal in all members. Default: none is "
             "ejected.",
     .keys = eject_keys},
};

constexpr Choice last_rules[] = {{"try", 0}, {"refuse", 1}};
constexpr SettingFacts of_eject[] = {
    {.key = "failures",
     .form = Form::number,
     .min = 1,
     .max = wire::eject_failures_max,
     .help = "Number of failures in a row.",
     .is_required = true},
    {.key = "first",
     .form = Form::time,
     .min = wire::eject_ms_min,
     .max = wire::eject_ms_max,
     .help = "How long an ejected member gets no visitors the first time; each further time twice as long. Default: "
             "`10s`."},
    {.key = "longest",
     .form = Form::time,
     .min = wire::eject_ms_min,
     .max = wire::eject_ms_max,
     .help = "The longest of these times. Default: `5m`."},
    {.key = "share",
     .form = Form::number,
     .min = 1,
     .max = 100,
     .help = "Percentage of members that may be ejected at once; at least one may be. Default: 50."},
    {.key = "counts",
     .type = "failure kind, or a list",
     .help =
         "What counts as a failure: `refused` (the backend cannot be reached), `reset` (it closes the "
         "connection without a response, or does not respond in time), `5xx` (an HTTP status). Default: all of them."},
    {.key = "all_unhealthy",
     .form = Form::choice,
     .choices = last_rules,
     .help = "`refuse`: the last available member is ejected too, and visitors are refused; needs a `share` of 100. "
             "Default: `try`, which keeps that member."},
};

constexpr Choice health_kinds[] = {
    {"tcp", static_cast<std::uint64_t>(HealthCheck::Kind::tcp)},
    {"http", static_cast<std::uint64_t>(HealthCheck::Kind::http)},
};
constexpr Choice unhealthy_rules[] = {{"refuse", 0}, {"try", 1}};
constexpr SettingFacts of_health[] = {
    {.key = "type",
     .form = Form::choice,
     .choices = health_kinds,
     .help = "Whether the backend must accept a connection (`tcp`) or answer a GET (`http`). Default: `http`."},
    {.key = "path", .type = "request path", .help = "With `http`: requested path. Default: `/`."},
    {.key = "status",
     .type = "status code or range, or a list",
     .help = "With `http`: statuses of a healthy response, from 200 to 599. Default: `200-399`."},
    {.key = "text",
     .type = "text",
     .help = "With `http`: text that the first 64 KiB of a healthy response contain, up to 256 bytes. Default: any."},
    {.key = "interval",
     .form = Form::time,
     .min = limits::health_interval_ms_min,
     .max = limits::health_interval_ms_max,
     .help = "Time from one check to the next, less a random part of up to a fifth; `100ms` to `1h`. Default: `5s`."},
    {.key = "timeout",
     .form = Form::time,
     .min = limits::health_timeout_ms_min,
     .max = limits::health_timeout_ms_max,
     .help = "A check without an answer within this time has failed; `10ms` to `1m`. Default: `3s`."},
    {.key = "rise",
     .form = Form::number,
     .min = 1,
     .max = limits::health_consecutive_max,
     .help = "Number of good checks in a row after which an unhealthy backend is healthy. Default: 2."},
    {.key = "fall",
     .form = Form::number,
     .min = 1,
     .max = limits::health_consecutive_max,
     .help = "Number of bad checks in a row after which a healthy backend is unhealthy; the very first check alone "
             "decides. Default: 3."},
    {.key = "all_unhealthy",
     .form = Form::choice,
     .choices = unhealthy_rules,
     .help =
         "If no member of the group is healthy: visitors are refused (HTTP 503 with Retry-After, otherwise a reset), "
         "or this backend is tried anyway. Default: `refuse`."},
};

constexpr SettingFacts of_exit[] = {
    {.key = "allow",
     .type = "destination, or a list",
     .help = "With `local: exit`: destinations that visitors may connect to, such as `\"*.example.com:80,443\"` or "
             "`10.0.0.0/8:443`; up to 256. A destination allowed only by name is reached at public addresses only. "
             "Required there."},
    {.key = "users",
     .type = "list of users",
     .help = "With `local: exit`: users that may log in to the exit, up to 64. Default: no login.",
     .keys = exit_user_keys},
};

constexpr SettingFacts of_checked[] = {
    {.key = "health",
     .type = "request path, or `tcp`",
     .help =
         "The client checks the backend regularly; while it is unhealthy, the service gets no new visitors "
         "([operations](operations.md), \"Health\"). `/healthz`: a GET of this path gets 200 to 399; `tcp`: it accepts "
         "a connection. Not with `udp`, nor for private services.",
     .keys = health_keys},
};

constexpr SettingFacts of_exit_user[] = {
    {.key = "name", .type = "text", .help = "User name: up to 255 bytes without a colon.", .is_required = true},
    {.key = "password",
     .type = "text",
     .help = "Password: `file:PATH`, `env:NAME` or the password itself; up to 255 bytes.",
     .is_required = true},
};

constexpr SettingFacts of_rules[] = {
    {.key = "strip_prefix",
     .form = Form::on_off,
     .help = "The backend receives `/users` for `/api/users` if `path` is `/api`."},
    {.key = "replace_prefix",
     .type = "path prefix",
     .help = "With `/v2`, the backend receives `/v2/users` for "
             "`/api/users`."},
    {.key = "host_header",
     .type = "host with port, or `backend`",
     .help = "Host header sent to the backend, optionally with a port; `backend`: the backend's own address, as "
             "written in `local`. Default: the host that the visitor requested."},
    {.key = "map_back",
     .form = Form::on_off,
     .help = "If prefix or host were rewritten, Location and cookies of responses are mapped back. Default: on."},
    {.key = "request_headers",
     .help = "Changes of the header fields that the backend "
             "receives.",
     .keys = field_rule_keys},
    {.key = "response_headers", .help = "Changes of the header fields that visitors receive.", .keys = field_rule_keys},
    {.key = "redirect",
     .type = "URL or path",
     .help = "The server responds with a redirect to this URL or path; the rest of the path below `path`, and the "
             "query, are kept.",
     .keys = redirect_keys},
    {.key = "https_redirect",
     .form = Form::on_off,
     .help = "Visitors without TLS are redirected to https; `off`: they are not, even if the server's own `redirect` "
             "is on.",
     .keys = https_redirect_keys},
    {.key = "hsts",
     .form = Form::on_off,
     .help = "Strict-Transport-Security in responses over TLS, for a year.",
     .keys = hsts_keys},
    {.key = "limits", .help = "Limits of this service. Default: the server's.", .keys = limit_keys},
    {.key = "listing",
     .form = Form::on_off,
     .help = "With a `local` such as `files:./dist`: visitors see a listing of a folder without index.html. Default: "
             "they get 404."},
};

constexpr SettingFacts of_field_rules[] = {
    {.key = "remove", .type = "field name, or a list", .help = "Fields to remove."},
    {.key = "set",
     .type = "map of names to values",
     .help = "Fields to set, replacing those of the same name: `{X-Env: staging}`."},
    {.key = "add",
     .type = "map of names to values, or to lists of values",
     .help = "Fields to add to those of the same name: `{X-Tag: [a, b]}`."},
};

constexpr Choice redirect_statuses[] = {{"301", 301}, {"302", 302}, {"307", 307}, {"308", 308}};
constexpr SettingFacts of_redirect[] = {
    {.key = "to",
     .type = "URL or path",
     .help = "Target of the redirect, in the form with a "
             "status.",
     .is_required = true},
    {.key = "status",
     .form = Form::choice,
     .choices = redirect_statuses,
     .help = "Status of the redirect. Default: "
             "302."},
};
constexpr SettingFacts of_https_redirect[] = {
    {.key = "status",
     .form = Form::choice,
     .choices = redirect_statuses,
     .help = "Status of the redirect. Default: "
             "308."},
    {.key = "port",
     .form = Form::number,
     .min = 1,
     .max = 65'535,
     .help = "Port of https for visitors. Default: the server's `https` port, or 443."},
};

constexpr SettingFacts of_hsts[] = {
    {.key = "max_age",
     .form = Form::time,
     .max = limits::http_hsts_max_age_max / std::chrono::milliseconds(1),
     .help = "How long browsers use TLS only, up to ten years; 0: they forget it. Default: a year."},
    {.key = "include_subdomains",
     .form = Form::on_off,
     .help = "Whether this also applies to subdomains. Default: off."},
    {.key = "preload",
     .form = Form::on_off,
     .help = "For the browsers' preload lists; needs `include_subdomains` and at least a year. Default: off."},
};

constexpr SettingFacts time_limit(std::string_view key, std::chrono::milliseconds most, std::string_view help) {
    return {.key = key, .form = Form::time, .min = 1, .max = static_cast<std::uint64_t>(most.count()), .help = help};
}

constexpr SettingFacts of_limits[] = {
    time_limit("backend_connect_timeout", limits::backend_connect_deadline,
               "How long the backend may take to accept a connection, up to 10 s; 502 when exceeded."),
    time_limit("first_byte_timeout", limits::http_first_byte_max,
               "How long the backend may take to begin its response; 504 when exceeded. Up to an hour, unless the "
               "server allows "
               "more or less."),
    time_limit("upgraded_idle_timeout", limits::http_upgraded_idle_max,
               "How long a WebSocket may be idle before it is closed. Up to a day, unless the server allows more or "
               "less."),
    {.key = "body_rate",
     .form = Form::size,
     .max = limits::http_body_rate_max,
     .help = "Minimum rate of a visitor's body in bytes per second (also `10K`); a slower one gets 408. 0: no "
             "minimum."},
    {.key = "body_max",
     .form = Form::size,
     .max = limits::http_body_bytes_max,
     .help = "Maximum size of a request's body; 413 when exceeded. Default, and with 0: the server's limit."},
    {.key = "upgrades",
     .form = Form::on_off,
     .help = "`off`: no WebSockets. Default: on, unless the server has them "
             "off."},
};

}  // namespace

std::span<const SettingFacts> client_section_keys() noexcept {
    return of_client_section;
}

std::span<const SettingFacts> disabled_service_keys() noexcept {
    return of_disabled_service;
}

std::span<const SettingFacts> service_keys() noexcept {
    static const std::vector<SettingFacts> all = [] {
        std::vector<SettingFacts> keys(std::begin(of_service), std::end(of_service));
        keys.insert(keys.end(), std::begin(of_group), std::end(of_group));
        keys.insert(keys.end(), std::begin(of_checked), std::end(of_checked));
        keys.insert(keys.end(), std::begin(of_backend), std::end(of_backend));
        keys.insert(keys.end(), std::begin(of_exit), std::end(of_exit));
        keys.insert(keys.end(), std::begin(of_rules), std::end(of_rules));
        return keys;
    }();
    return all;
}

std::span<const SettingFacts> visit_keys() noexcept {
    return of_visit;
}

std::span<const SettingFacts> backend_keys() noexcept {
    return of_backend;
}

std::span<const SettingFacts> group_keys() noexcept {
    return of_group;
}

std::span<const SettingFacts> eject_keys() noexcept {
    return of_eject;
}

std::span<const SettingFacts> health_keys() noexcept {
    return of_health;
}

std::span<const SettingFacts> exit_keys() noexcept {
    return of_exit;
}

std::span<const SettingFacts> exit_user_keys() noexcept {
    return of_exit_user;
}

std::span<const SettingFacts> rule_keys() noexcept {
    return of_rules;
}

std::span<const SettingFacts> field_rule_keys() noexcept {
    return of_field_rules;
}

std::span<const SettingFacts> redirect_keys() noexcept {
    return of_redirect;
}

std::span<const SettingFacts> https_redirect_keys() noexcept {
    return of_https_redirect;
}

std::span<const SettingFacts> hsts_keys() noexcept {
    return of_hsts;
}

std::span<const SettingFacts> limit_keys() noexcept {
    return of_limits;
}

}  // namespace ferrotunnel::detail
