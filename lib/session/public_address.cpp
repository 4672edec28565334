#include "session/public_address.hpp"

#include <string_view>

#include "base/text.hpp"

namespace ferrotunnel::session {

namespace {

constexpr std::string_view private_address = "private";  // shown to people

// The path that a URL shows. A regular expression is not a path and is shown after the URL.
std::string shown_path(const http::PathRule& rule) {
    switch (rule.kind) {
        case http::PathRule::Kind::prefix:
        case http::PathRule::Kind::equals:
            return rule.path;
        case http::PathRule::Kind::regex:
            return " " + rule.text();
    }
    return {};
}

// If the port listens on one of several addresses, visitors use that address; if it is narrowed to loopback, only this
// machine.
std::string shown_host_of_port(const ServerShared& shared, const runtime::SocketAddress& at) {
    return at.ip() == shared.tcp_bind.ip() || at.is_unspecified() ? shared.public_host : at.ip();
}

// The service's first host; the others, and the exact rule of its path, are in the log and in the configuration.
const std::string& shown_host_of(const ServerShared& shared, const directory::HttpDescription& service) {
    const std::string& first = service.hosts.front();
    return first == "*" ? shared.public_host : first;
}

std::string shown_url_of(const ServerShared& shared, const directory::HttpDescription& service) {
    const std::string& host = shown_host_of(shared, service);
    const HttpPublic& at = public_place_of(shared, service);
    if (service.passthrough) {
        return printable("tls://" + host + ':' + std::to_string(at.port), limits::public_address_max);
    }
    const bool usual = at.port == (at.scheme == "https" ? 443 : 80);
    const bool bare_six = host.find(':') != std::string::npos && host.front() != '[';
    std::string url = at.scheme + "://" + (bare_six ? '[' + host + ']' : host);
    if (!usual) {
        url += ':' + std::to_string(at.port);
    }
    url += shown_path(service.path);
    return printable(url, limits::public_address_max);
}

}  // namespace

const HttpPublic& public_place_of(const ServerShared& shared, const directory::HttpDescription& service) {
    const auto& plain = shared.http_public;
    const auto& tls = shared.https_public;
    const bool by_tls = tls && (service.passthrough || !plain ||
                                (shared.has_certificate && shared.has_certificate(shown_host_of(shared, service))));
    return by_tls ? *tls : *plain;
}

wire::RegisteredService registered_as(const ServerShared& shared, const SessionService& service,
                                      const runtime::SocketAddress& at, const directory::HttpDescription* hosts) {
    wire::RegisteredService registered;
    registered.id = service.description.id;
    if (hosts != nullptr) {
        registered.port = public_place_of(shared, *hosts).port;
        registered.address = shown_url_of(shared, *hosts);
        registered.host = service.assigned ? hosts->hosts.front() : std::string();
    } else if (service.is_private()) {
        registered.address = private_address;
    } else {
        registered.port = at.port();
        registered.address = net::to_text({shown_host_of_port(shared, at), at.port()});
        if (service.transport() == directory::Transport::udp) {
            registered.address.insert(0, "udp://");
        }
        if (shared.port_note) {
            registered.not_at = shared.port_note(service.transport(), at.port());
        }
    }
    return registered;
}

wire::RegisteredService registered_as(const ServerShared& shared, const SessionService& service) {
    if (service.awaited) {
        return registered_as(shared, service, service.awaited->at, service.awaited->hosts());
    }
    return registered_as(shared, service,
                         service.public_port ? service.public_port->address() : runtime::SocketAddress(),
                         service.http ? &service.http->description() : nullptr);
}

}  // namespace ferrotunnel::session
