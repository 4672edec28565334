#include "settings/listen_addresses.hpp"

#include <array>

namespace ferrotunnel::detail {
namespace {

// Whether `wide` means every address and so includes `narrow`. For our listeners, :: includes IPv4.
bool covers(const runtime::SocketAddress& wide, const runtime::SocketAddress& narrow) {
    return wide.is_unspecified() && (wide.family() == AF_INET6 || narrow.family() == AF_INET);
}

}  // namespace

runtime::SocketAddress listening_address(const std::string& text, std::uint16_t default_port) {
    auto place = net::parse_host_port(text, default_port);
    if (!place) {
        return {};
    }
    if (place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    return runtime::SocketAddress::from_ip(*place).value_or(runtime::SocketAddress());
}

bool overlap(const runtime::SocketAddress& a, const runtime::SocketAddress& b) {
    if (a.empty() || b.empty() || a.port() == 0 || a.port() != b.port()) {
        return false;
    }
    return a.ip() == b.ip() || covers(a, b) || covers(b, a);
}

void check_listen_addresses(const ServerValues& settings, std::vector<Problem>& problems) {
    struct Place {
        const char* key;
        const std::string& text;
        std::uint16_t default_port;
        bool needed;
    };
    const std::array<Place, 4> places{{
        {"bind", settings.bind, default_control_port, true},
        {"http_bind", settings.http_bind, default_http_port, settings.http_needed},
        {"https_bind", settings.https_bind, default_https_port, settings.https_needed},
        {"connect_bind", settings.connect_bind, default_connect_port, true},
    }};
    for (std::size_t later = 1; later < places.size(); ++later) {
        const Place& place = places[later];
        for (std::size_t i = 0; i < later && place.needed && !place.text.empty(); ++i) {
            const Place& other = places[i];
            const bool may_share = later < 3 && is_shared(place.text, other.text);
            if (other.needed && !other.text.empty() && !may_share &&
                overlap(listening_address(place.text, place.default_port),
                        listening_address(other.text, other.default_port))) {
                problems.push_back({place.key, '"' + place.text + "\" cannot be used together with `" + other.key +
                                                   "`, which is \"" + other.text + '"'});
                break;
            }
        }
    }
}

}  // namespace ferrotunnel::detail
