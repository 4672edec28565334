// Key tables of a client's services.
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/visit.hpp"
#include "settings/backend.hpp"
#include "settings/exits.hpp"
#include "settings/group.hpp"
#include "settings/health.hpp"
#include "settings/key_tables.hpp"
#include "settings/service_rules.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr SettingFacts of_client_section[] = {
    {.key = "services",
     .type = "list of services",
     .help = "Services to offer. Required without `visits`.",
     .keys = service_keys},
    {.key = "disabled",
     .type = "list of services that are off",
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
     .help = "Public port; 0: the server chooses. `20000-20010` with a `local` such as `127.0.0.1:3000-3010`: a "
             "service for each port, called `name:20000` and so on. `private`: none; the service is reached by its "
             "name, through the server's `connect_bind` or by a program that embeds the server."},
    {.key = "udp",
     .type = "public port or range, or `private`",
     .help = "Public UDP port; 0: the server chooses. A range as with `tcp`. UDP and TCP ports do not conflict. "
             "`private`: none; other clients visit it with its `key`. Instead of `tcp`."},
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
     .type = "address of a backend",
     .help = "Backend that visitors are forwarded to: `host:port`; `22` is `localhost:22` (127.0.0.1 or [::1]); "
             "`unix:/run/app.sock`. With `http` also `https://host:port`, `http://host:port`, `h2c://host:port` and "
             "`h2://host:port` (HTTP/2 without and with TLS, for gRPC: [HTTP](http.md)), and `files:FOLDER` to serve "
             "the files of a folder ([files](files.md)). With `tcp` also `tls://host:port`, and `exit`: this client as "
             "a proxy ([exits](exit.md)). Not needed with `redirect`."},
    {.key = "name",
     .type = "name",
     .help = "Its name in events and logs. Default: `tcp:` and its port, the host and path, or `local`, cut or changed "
             "to a valid name."},
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
        keys.insert(keys.end(), group_keys().begin(), group_keys().end());
        keys.insert(keys.end(), health_key().begin(), health_key().end());
        keys.insert(keys.end(), backend_keys().begin(), backend_keys().end());
        keys.insert(keys.end(), exit_keys().begin(), exit_keys().end());
        keys.insert(keys.end(), rule_keys().begin(), rule_keys().end());
        return keys;
    }();
    return all;
}

}  // namespace ferrotunnel::detail
