#include "settings/service.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hex.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "net/host_port.hpp"
#include "settings/backend.hpp"
#include "settings/exits.hpp"
#include "settings/file.hpp"
#include "settings/group.hpp"
#include "settings/health.hpp"
#include "settings/service_rules.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Section;
using config::Value;

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

constexpr SettingFacts of_disabled_service[] = {
    {.key = "name", .type = "name", .help = "Name of the service.", .is_required = true},
    {.key = "by", .type = "text", .help = "Who disabled it, for `ferrotunnel status`; up to 256 bytes."},
};

constexpr std::size_t name_length_max = 64;
constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:/[]*";

// FNV-1a: the same value on every machine and after every restart.
std::uint32_t checksum_of(std::string_view text) {
    std::uint32_t hash = 2'166'136'261U;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
    }
    return hash;
}

std::string in_hex(std::uint32_t number) {
    std::array<std::uint8_t, 4> bytes{};
    store_be<4>(bytes.data(), number);
    return to_hex(bytes);
}

std::string made_valid(const std::string& text) {
    if (is_name(text)) {
        return text;
    }
    const std::string checksum = '-' + in_hex(checksum_of(text));
    std::string name = text.substr(0, name_length_max - checksum.size());
    for (char& c : name) {
        c = allowed.find(c) == std::string_view::npos ? '-' : c;
    }
    return name + checksum;
}

// The form of `local` in default names. This machine is always 127.0.0.1 there, although a bare port also means ::1,
// because visits and lists of disabled services refer to such names.
std::string named(const std::string& local) {
    const std::size_t colon = local.rfind(':');
    return colon != std::string::npos && net::is_localhost(std::string_view(local).substr(0, colon))
               ? "127.0.0.1" + local.substr(colon)
               : local;
}

template <typename Description>
bool is_meant(const Description& service, const std::string& name) {
    return service.name == name;
}

// Whether the service has this name, or shares the port number of the TCP service of this name.
bool is_meant(const Udp& service, const std::string& name) {
    return service.name == name || service.with_tcp == name;
}

}  // namespace

std::span<const SettingFacts> service_keys() noexcept {
    static const std::vector<SettingFacts> all = [] {
        std::vector<SettingFacts> keys(std::begin(of_service), std::end(of_service));
        for (const auto& table : {group_keys(), health_key(), backend_keys(), exit_keys(), rule_keys()}) {
            keys.insert(keys.end(), table.begin(), table.end());
        }
        return keys;
    }();
    return all;
}

std::span<const SettingFacts> disabled_service_keys() noexcept {
    return of_disabled_service;
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= name_length_max && text.find_first_not_of(allowed) == std::string_view::npos;
}

void check_name(const std::string& name, std::vector<Problem>& problems) {
    if (!is_name(name)) {
        problems.push_back({"name", in_quotes(name) + ": " + name_expected});
    }
}

std::string default_name(const Tcp& service) {
    if (service.is_private) {
        return made_valid(service.local.empty() ? "private" : "private:" + named(service.local));
    }
    return made_valid(service.remote_port != 0 || service.local.empty() ? "tcp:" + std::to_string(service.remote_port)
                                                                        : named(service.local));
}

std::string default_name(const Http& service) {
    if (service.host.empty()) {
        return made_valid(service.local.empty() ? "http" : "http:" + named(service.local));
    }
    std::string name = service.host + service.path;
    std::erase(name, ' ');
    return made_valid(name);
}

std::string default_name(const Tls& service) {
    return made_valid("tls:" + service.host);
}

std::string default_name(const Udp& service) {
    if (!service.with_tcp.empty()) {
        return made_valid(service.with_tcp + "/udp");
    }
    if (service.is_private) {
        return made_valid(service.local.empty() ? "private" : "private:" + named(service.local));
    }
    const bool by_port = service.remote_port != 0 || service.local.empty();
    return made_valid("udp:" + (by_port ? std::to_string(service.remote_port) : named(service.local)));
}

void read_disabled_services(const Value& list, ClientPart& part) {
    std::size_t count = 0;
    for (const Value& item : list.items()) {
        if (!item.is_group()) {
            item.unexpected("a disabled service, like {name: web, by: alice}");
            continue;
        }
        Section section = section_of(item, disabled_service_keys());
        const auto name_at = section.find("name");
        const auto by_at = section.find("by");
        section.finish();
        const auto name = name_at ? name_at->word() : std::nullopt;
        const auto by = by_at ? by_at->text() : std::optional<std::string>("");
        if (!name_at) {
            item.problem("`name` is missing: the name of the disabled service");
        }
        if (by && by->size() > disabled_by_max) {
            by_at->problem("has at most " + std::to_string(disabled_by_max) + " bytes");
        }
        if (++count == limits::services_max + 1) {
            list.problem("has more than " + std::to_string(limits::services_max) + " services");
        }
        const auto switch_off = [&](auto& services) {
            for (auto& service : services) {
                if (name && service.enabled && is_meant(service, *name)) {
                    service.enabled = false;
                    service.disabled_by = by.value_or("");
                }
            }
        };
        switch_off(part.services);
        switch_off(part.http_services);
        switch_off(part.tls_services);
        switch_off(part.udp_services);
    }
}

}  // namespace ferrotunnel::detail
