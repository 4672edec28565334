// The tables of a client's services.
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
     .help = "What is offered. Required where there are no `visits`.",
     .keys = service_keys},
    {.key = "disabled",
     .type = "list of services that are off",
     .help = "Services of this configuration that are not offered, by their names; up to 1,024. Names that no service "
             "has mean nothing. `ferrotunnel services disable` writes it into `conf.d/90-runtime.yml`; by hand, a "
             "service says `enabled: off` itself.",
     .keys = disabled_service_keys},
};

constexpr SettingFacts of_disabled_service[] = {
    {.key = "name", .type = "name", .help = "Of the service.", .is_required = true},
    {.key = "by", .type = "text", .help = "Who has switched it off, for `ferrotunnel status`; up to 256 bytes."},
};

constexpr SettingFacts of_service[] = {
    {.key = "tcp",
     .type = "public port or range, or `private`",
     .help = "The public port; 0: the server chooses. `20000-20010` with a `local` like `127.0.0.1:3000-3010`: a "
             "service for each port, called `name:20000` and so on. `private`: none; it is reached by its "
             "name, through the server's `connect_bind` or by a program that embeds the server."},
    {.key = "udp",
     .type = "public port or range, or `private`",
     .help = "The public UDP port; 0: the server chooses. A range as with `tcp`. The numbers are apart from those of "
             "`tcp`. `private`: none; other clients visit it, with its `key`. Instead of `tcp`."},
    {.key = "tcp+udp",
     .type = "public port or range",
     .help =
         "A public port for both, of one number: two services, the one of UDP called `name/udp`. Both are there, or "
         "none. 0: the server chooses; a range as with `tcp`. What is said has to be right for both. Instead of "
         "`tcp`."},
    {.key = "http",
     .type = "host or pattern, or `assigned`, or a list",
     .help = "The hosts that visitors ask for: `app.example.com`, `\"*.example.com\"`, `\"**.example.com\"`, `\"*\"`; "
             "`assigned`: the server chooses one. Instead of `tcp`."},
    {.key = "tls",
     .type = "host or pattern, or a list",
     .help = "The names that visitors ask for by TLS (SNI), written as in `http`, none of them `assigned`. Nobody "
             "touches their TLS: the backend has the certificate. Instead of `tcp`."},
    {.key = "path",
     .type = "URL path",
     .help = "Which of their paths: `/api` and what is below, `= /status`, `~ /v[0-9]+/.*`; else all. `--http` takes "
             "the first of these forms."},
    {.key = "local",
     .type = "address of a backend",
     .help = "Where visitors are connected to; `22` is `localhost:22`: 127.0.0.1 or [::1]. `unix:/run/app.sock`; with "
             "`http` also "
             "`https://host:port`, `http://host:port`, `h2c://host:port` and `h2://host:port` (HTTP/2, without and "
             "with TLS, for gRPC: [HTTP](http.md)) and `files:FOLDER`, whose files are the answers "
             "([files](files.md)), with `tcp` also `tls://host:port` and `exit`: this client as a proxy "
             "([exits](exit.md)). Not needed with `redirect`."},
    {.key = "name",
     .type = "name",
     .help = "What events and logs call it; else `tcp:` and its port, the host and path, or `local`, cut or changed "
             "where that is not a valid name."},
    {.key = "enabled",
     .form = Form::on_off,
     .help = "`off`: the service is not offered; `ferrotunnel status` says so. Else on."},
    {.key = "bind",
     .type = "IP address",
     .help = "With `tcp` and `udp`: the server's address on which the port listens, like `127.0.0.1` for one that "
             "only a proxy on that machine is to reach. Which ones a token may have says the server; see \"Rights\" "
             "below. Else the server's choice."},
    {.key = "idle",
     .form = Form::time,
     .min = limits::udp_idle_ms_min,
     .max = limits::udp_idle_ms_max,
     .help = "With `udp`: a visitor who was silent for this long, both ways, is forgotten; `1s` to `1h`. Else `60s`."},
    {.key = "key",
     .type = "token",
     .help =
         "With `tcp: private` and `udp: private`: the key that visitors have to prove, other clients by `ferrotunnel "
         "visit`; what passes is encrypted between the clients. The server must not have it. `ferrotunnel token` makes "
         "one."},
    {.key = "token",
     .type = "token",
     .help = "A token of the service's own, which the server wants for it beside the client's (`server.services`)."},
    {.key = "plugins",
     .type = "list of plugins for a service",
     .help = "Plugins that the server is asked for, which visitors pass in this order: `NAME: SETTINGS`, up to 8; see "
             "[clients](plugins/clients.md). Not of private ones."},
};

constexpr Choice visit_kinds[] = {
    {"tcp", static_cast<std::uint64_t>(Visit::Kind::tcp)},
    {"udp", static_cast<std::uint64_t>(Visit::Kind::udp)},
};
constexpr SettingFacts of_visit[] = {
    {.key = "name",
     .type = "service of another client",
     .help =
         "What its client calls the service: `db`; `db@alice` where that client has another token, which the server "
         "calls so.",
     .is_required = true},
    {.key = "local",
     .type = "port, or IP address with port",
     .help = "Where connections are taken that are to reach it: `5432` (on this machine alone), `127.0.0.1:5432`; port "
             "0: any free one.",
     .is_required = true},
    {.key = "key", .type = "token", .help = "The key that the service's client has too.", .is_required = true},
    {.key = "kind",
     .form = Form::choice,
     .choices = visit_kinds,
     .help = "What the service is; of `udp`, each address that sends to `local` has a visit of its own, until it has "
             "been silent for 60 s. Else `tcp`."},
};

constexpr Choice proxy_versions[] = {
    {"off", static_cast<std::uint64_t>(ProxyProtocol::off)},
    {"v1", static_cast<std::uint64_t>(ProxyProtocol::v1)},
    {"v2", static_cast<std::uint64_t>(ProxyProtocol::v2)},
};
constexpr SettingFacts of_backend[] = {
    {.key = "backend_ca",
     .form = Form::path,
     .help = "CAs, or the certificate itself, of a backend by TLS. Else the system's CAs."},
    {.key = "backend_certificate",
     .form = Form::path,
     .help = "Shown to a backend by TLS that asks for a certificate: PEM, its chain behind it. With `backend_key`."},
    {.key = "backend_key", .form = Form::path, .help = "Its key, PEM without a pass phrase."},
    {.key = "backend_name",
     .type = "host",
     .help = "What such a backend's certificate must have, and is asked for (SNI). Else the host of `local`."},
    {.key = "backend_insecure",
     .form = Form::on_off,
     .help = "Take any certificate of such a backend: who is in between can read everything."},
    {.key = "proxy_protocol",
     .form = Form::choice,
     .choices = proxy_versions,
     .help = "The backend is told who the visitor is, by a header in front of the first byte. Of HTTP services, each "
             "visitor then has connections of its own. With `udp`: `v2`, in front of the first datagram."},
    {.key = "proxy_each",
     .form = Form::on_off,
     .help = "With `udp` and `proxy_protocol`: in front of each datagram, as DNS servers want it."},
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
     .help = "Other clients with the same token may offer the service as well, with the same words here: visitors are "
             "spread over them ([operations](operations.md), \"Several clients for one service\"). Not of private "
             "services, nor with `plugins`."},
    {.key = "balance",
     .form = Form::choice,
     .choices = balances,
     .help = "With `group`: each in its turn; the one that has the fewest visitors; or of two that are drawn the one "
             "that has fewer. All members must say the same. Else `round-robin`."},
    {.key = "weight",
     .form = Form::number,
     .min = 1,
     .max = wire::group_weight_max,
     .help = "With `group`: how many visitors this client gets beside the others. Else 1."},
    {.key = "standby",
     .form = Form::on_off,
     .help = "With `group`: it gets visitors only while no other member is there. Else off."},
    {.key = "sticky",
     .form = Form::choice,
     .choices = stickies,
     .help = "With `group`: a visitor comes to the member again that it had before, by its `address` (IPv6: /64), or, "
             "with `http`, by a `cookie` that the server sets. All members must say the same. Else `off`."},
    {.key = "eject",
     .form = Form::number,
     .min = 1,
     .max = wire::eject_failures_max,
     .help = "With `group`: a member that fails so many visitors in a row gets none for a while "
             "([operations](operations.md), \"Members that fail\"). All members must say the same. Else none is "
             "ejected.",
     .keys = eject_keys},
};

constexpr Choice last_rules[] = {{"try", 0}, {"refuse", 1}};
constexpr SettingFacts of_eject[] = {
    {.key = "failures",
     .form = Form::number,
     .min = 1,
     .max = wire::eject_failures_max,
     .help = "So many failures in a row.",
     .is_required = true},
    {.key = "first",
     .form = Form::time,
     .min = wire::eject_ms_min,
     .max = wire::eject_ms_max,
     .help = "How long it gets no visitors the first time; each further time twice as long. Else `10s`."},
    {.key = "longest",
     .form = Form::time,
     .min = wire::eject_ms_min,
     .max = wire::eject_ms_max,
     .help = "The longest of these times. Else `5m`."},
    {.key = "share",
     .form = Form::number,
     .min = 1,
     .max = 100,
     .help = "How many of a hundred members may be ejected at once; one always may. Else 50."},
    {.key = "counts",
     .type = "kind of failure, or a list",
     .help = "What is a failure: `refused` (the backend cannot be reached), `reset` (it ends without an answer, or "
             "gives none in time), `5xx` (an answer of HTTP). Else all of them."},
    {.key = "all_unhealthy",
     .form = Form::choice,
     .choices = last_rules,
     .help = "`refuse`: also the last member that takes visitors is ejected, and they are refused; with a `share` of "
             "100. Else `try`: that one stays."},
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
     .help = "Whether it takes a connection, or answers a GET. Else `http`."},
    {.key = "path", .type = "path of a request", .help = "With `http`: what is asked for. Else `/`."},
    {.key = "status",
     .type = "status or range, or a list",
     .help = "With `http`: a healthy answer has one of these; from 200 to 599. Else `200-399`."},
    {.key = "text",
     .type = "text",
     .help = "With `http`: its first 64 KiB contain this text, up to 256 bytes. Else anything."},
    {.key = "interval",
     .form = Form::time,
     .min = limits::health_interval_ms_min,
     .max = limits::health_interval_ms_max,
     .help = "From one check to the next, less up to a fifth of it; `100ms` to `1h`. Else `5s`."},
    {.key = "timeout",
     .form = Form::time,
     .min = limits::health_timeout_ms_min,
     .max = limits::health_timeout_ms_max,
     .help = "A check without an answer within this has failed; `10ms` to `1m`. Else `3s`."},
    {.key = "rise",
     .form = Form::number,
     .min = 1,
     .max = limits::health_in_a_row_max,
     .help = "An unhealthy backend is healthy after so many good checks in a row. Else 2."},
    {.key = "fall",
     .form = Form::number,
     .min = 1,
     .max = limits::health_in_a_row_max,
     .help = "A healthy one is unhealthy after so many bad ones; the first check of all decides alone. Else 3."},
    {.key = "all_unhealthy",
     .form = Form::choice,
     .choices = unhealthy_rules,
     .help =
         "Where no member of the group is healthy: visitors are refused (HTTP 503 with Retry-After, else a reset), or "
         "this backend is tried all the same. Else `refuse`."},
};

constexpr SettingFacts of_exit[] = {
    {.key = "allow",
     .type = "destination, or a list",
     .help =
         "With `local: exit`: where visitors may go, `\"*.example.com:80,443\"` or `10.0.0.0/8:443`; up to 256. What "
         "is allowed by its name alone leads to public addresses only. Required there."},
    {.key = "users",
     .type = "list of users",
     .help = "With `local: exit`: who may use it, up to 64. Else nobody has to log in.",
     .keys = exit_user_keys},
};

constexpr SettingFacts of_checked[] = {
    {.key = "health",
     .type = "path of a request, or `tcp`",
     .help =
         "The client looks again and again whether the backend is healthy; while it is not, the service gets no new "
         "visitors ([operations](operations.md), \"Health\"). `/healthz`: it answers this by HTTP with 200 to 399; "
         "`tcp`: it takes a connection. Not with `udp`, nor of private services.",
     .keys = health_keys},
};

constexpr SettingFacts of_exit_user[] = {
    {.key = "name", .type = "text", .help = "Up to 255 bytes without a colon.", .is_required = true},
    {.key = "password",
     .type = "text",
     .help = "`file:PATH`, `env:NAME` or the password itself; up to 255 bytes.",
     .is_required = true},
};

constexpr SettingFacts of_rules[] = {
    {.key = "strip_prefix",
     .form = Form::on_off,
     .help = "The backend sees `/users` for `/api/users`, where `path` is `/api`."},
    {.key = "replace_prefix", .type = "path prefix", .help = "With `/v2` it sees `/v2/users`."},
    {.key = "host_header",
     .type = "host with port, or `backend`",
     .help = "What the backend sees as Host, perhaps with a port; `backend`: its own address, as `local` has it. Else "
             "what the visitor asked for."},
    {.key = "map_back",
     .form = Form::on_off,
     .help = "Where prefix or host were rewritten, Location and cookies of answers are mapped back. Else on."},
    {.key = "request_headers", .help = "Changes of the fields that the backend sees.", .keys = field_rule_keys},
    {.key = "response_headers", .help = "The same for answers.", .keys = field_rule_keys},
    {.key = "redirect",
     .type = "URL or path",
     .help = "The server answers with a redirect; what is below `path`, and the query, are kept.",
     .keys = redirect_keys},
    {.key = "https_redirect",
     .form = Form::on_off,
     .help = "Visitors without TLS are sent to https; `off`: they are not, also where the server sends everybody.",
     .keys = https_redirect_keys},
    {.key = "hsts",
     .form = Form::on_off,
     .help = "Strict-Transport-Security in answers over TLS, for a year.",
     .keys = hsts_keys},
    {.key = "limits", .help = "Of this service; else as the server has them.", .keys = limit_keys},
    {.key = "listing",
     .form = Form::on_off,
     .help = "With a `local` like `files:./dist`: visitors are shown what is in a folder that has no index.html. Else "
             "they get 404."},
};

constexpr SettingFacts of_field_rules[] = {
    {.key = "remove", .type = "field name, or a list", .help = "Fields that are taken away."},
    {.key = "set",
     .type = "names with values",
     .help = "Fields that are there instead of those of that name: `{X-Env: staging}`."},
    {.key = "add",
     .type = "names with values, or with lists of them",
     .help = "Fields that are there beside those: `{X-Tag: [a, b]}`."},
};

constexpr Choice redirect_statuses[] = {{"301", 301}, {"302", 302}, {"307", 307}, {"308", 308}};
constexpr SettingFacts of_redirect[] = {
    {.key = "to", .type = "URL or path", .help = "The same, with a status.", .is_required = true},
    {.key = "status", .form = Form::choice, .choices = redirect_statuses, .help = "Else 302."},
};
constexpr SettingFacts of_https_redirect[] = {
    {.key = "status", .form = Form::choice, .choices = redirect_statuses, .help = "Else 308."},
    {.key = "port",
     .form = Form::number,
     .min = 1,
     .max = 65'535,
     .help = "What visitors connect to. Else the server's `https` port, or 443."},
};

constexpr SettingFacts of_hsts[] = {
    {.key = "max_age",
     .form = Form::time,
     .max = limits::http_hsts_max_age_max / std::chrono::milliseconds(1),
     .help = "How long browsers shall use TLS alone, up to ten years; 0: they forget it. Else a year."},
    {.key = "include_subdomains", .form = Form::on_off, .help = "Also for hosts below. Else off."},
    {.key = "preload",
     .form = Form::on_off,
     .help = "For the browsers' lists; needs `include_subdomains` and a year. Else off."},
};

constexpr SettingFacts time_limit(std::string_view key, std::chrono::milliseconds most, std::string_view help) {
    return {.key = key, .form = Form::time, .min = 1, .max = static_cast<std::uint64_t>(most.count()), .help = help};
}

constexpr SettingFacts of_limits[] = {
    time_limit("backend_connect_timeout", limits::backend_connect_deadline,
               "The backend accepts a connection within this, up to 10 s, else 502."),
    time_limit("first_byte_timeout", limits::http_first_byte_max,
               "It begins its answer within this, else 504. Up to an hour, unless the server allows more or less."),
    time_limit("upgraded_idle_timeout", limits::http_upgraded_idle_max,
               "A WebSocket is closed after this long without a byte. Up to a day, unless the server allows more or "
               "less."),
    {.key = "body_rate",
     .form = Form::size,
     .max = limits::http_body_rate_max,
     .help = "Bytes a second (also `10K`) that a visitor's body must come with, else 408; 0: any."},
    {.key = "body_max",
     .form = Form::size,
     .max = limits::http_body_bytes_max,
     .help = "A larger body gets 413. Else, and with 0, as the server has it."},
    {.key = "upgrades", .form = Form::on_off, .help = "`off`: no WebSockets. Else on, unless the server has them off."},
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
