// Services of cloudflared that are not HTTP servers with public hosts.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cloudflared.hpp"
#include "command_line_parts.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli::importing::cloudflared {
namespace {

struct Stream {
    std::string_view scheme;
    std::string_view port;  // by default; empty: none
};

constexpr std::array streams{Stream{"ssh", "22"}, Stream{"rdp", "3389"}, Stream{"smb", "445"}, Stream{"vnc", "5900"},
                             Stream{"tcp", ""}};

/// A private service with a key, in a file that visitors need too.
Node& add_private(Draft& draft, const std::string& name, const std::string& local, const std::string& port,
                  const Place& place) {
    Node& service = draft.add_service(name, "tcp", "private", local, place.origin);
    service.set("local", local, place.backend);
    const std::string key(::ferrotunnel::Secret::generate().reveal());
    service.set("key", draft.secret(Side::client, name + ".key", key, place.origin));
    draft.ask(
        place.origin,
        fmt::format("the service is private, since only users of `cloudflared access` could reach it: they need the "
                    "file {}.key, and run `ferrotunnel visit {} --local {} --key-file {}.key`",
                    name, name, port, name));
    return service;
}

}  // namespace

bool add_stream(Draft& draft, const std::string& service, const Place& place) {
    const command_line::Url url = command_line::parse_url(service);
    const auto stream = std::ranges::find(streams, url.scheme, &Stream::scheme);
    if (stream == streams.end()) {
        return false;
    }
    const std::string port = url.port.empty() ? std::string(stream->port) : url.port;
    if (!command_line::number_of(port, 1, 65535) || url.host.empty()) {
        draft.lose(place.backend, place.key, "the backend has no host with a port from 1 to 65535");
        return true;
    }
    const std::string name = valid_name(place.host.empty() || place.host == "*" ? url.scheme : place.host);
    add_private(draft, name, with_port(url.host, port), port, place);
    return true;
}

void add_exit(Draft& draft, const OriginSettings& settings, const Place& place) {
    if (settings.allowed.empty() || settings.has_denied) {
        draft.lose(place.backend, place.key,
                   settings.has_denied ? "a proxy here has a list of allowed destinations, and none of rejected ones"
                                       : "a proxy here needs a list of allowed destinations",
                   "offer a service with `local: exit` and a list `allow`: docs/exit.md");
        return;
    }
    Node& service = add_private(draft, valid_name(place.host.empty() ? "exit" : place.host), "exit", "1080", place);
    for (const Setting& destination : settings.allowed) {
        service.child("allow").add(destination.value, destination.origin);
    }
}

}  // namespace ferrotunnel::cli::importing::cloudflared
