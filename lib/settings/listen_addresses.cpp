#include "settings/listen_addresses.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "net/host_port.hpp"
#include "settings/cluster.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {
namespace {

// Whether `wide` means every address and so includes `narrow`. For our listeners, :: includes IPv4.
bool covers(const runtime::SocketAddress& wide, const runtime::SocketAddress& narrow) {
    return wide.is_unspecified() && (wide.family() == AF_INET6 || narrow.family() == AF_INET);
}

// What is wrong with "service" or "service.client", optionally followed by "@token". With several tokens it is
// required, since otherwise a client of any token could offer a service of that name.
std::optional<std::string> named_service_fault(const std::string& place, const std::vector<NamedToken>& tokens) {
    const std::size_t at = place.rfind('@');
    if (at == std::string::npos) {
        return tokens.size() < 2 ? std::nullopt
                                 : std::optional(in_quotes(place) +
                                                 " does not name a token, and there are several; expected one like " +
                                                 place + "@TOKEN");
    }
    if (at == 0 || at + 1 == place.size()) {
        return in_quotes(place) + " is not a service; expected one like ssh.laptop@TOKEN";
    }
    const std::string token = place.substr(at + 1);
    const bool is_known = std::ranges::any_of(tokens, [&](const NamedToken& one) { return one.name == token; });
    return is_known ? std::nullopt : std::optional("there is no token called " + in_quotes(token));
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

void check_fallbacks(ServerValues& settings, std::vector<Problem>& problems) {
    const std::pair<const char*, std::string*> fallbacks[] = {{"http_bind", &settings.http_fallback},
                                                              {"https_bind", &settings.https_fallback}};
    for (const auto& [key, text] : fallbacks) {
        const auto place = net::parse_host_port(*text);
        const auto at = place ? runtime::SocketAddress::from_ip(*place) : std::nullopt;
        if (!text->empty() && !at) {
            problems.push_back({key, net::quoted_address_fault(*text,
                                                               "is not a valid address to fall back to; "
                                                               "expected one like 0.0.0.0:8080")});
        } else if (at) {
            *text = at->text();
        }
    }
}

void check_listen_addresses(const ServerValues& settings, std::vector<Problem>& problems) {
    struct Place {
        const char* key;
        const std::string& text;
        std::uint16_t default_port;
        bool needed;
    };
    const std::array<Place, 5> places{{
        {"bind", settings.bind, default_control_port, true},
        {"http_bind", settings.http_bind, default_http_port, settings.http_needed},
        {"https_bind", settings.https_bind, default_https_port, settings.https_needed},
        {"connect_bind", settings.connect_bind, default_connect_port, true},
        {"cluster.listen", settings.cluster.listen, default_cluster_port, settings.has_cluster},
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

std::string public_bind_fault(std::string_view text, std::string_view expected) {
    return net::without_zone(text).size() < text.size()
               ? in_quotes(text) + " has a zone; public ports listen on an address without one, or on all (::)"
               : net::quoted_address_fault(text, expected);
}

std::optional<std::string> ip_address_of(std::string_view text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') {
        text = text.substr(1, text.size() - 2);
    }
    const auto address = runtime::SocketAddress::from_ip(text, 0);
    return !text.empty() && address ? std::optional(address->ip()) : std::nullopt;
}

void check_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    auto place = net::parse_host_port(settings.bind, default_control_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    if (!place || !runtime::SocketAddress::from_ip(*place)) {
        problems.push_back(
            {"bind", net::quoted_address_fault(settings.bind,
                                               "is not a valid address to listen on; expected one like 0.0.0.0:7835 or "
                                               "[::]:7835")});
    } else {
        settings.bind = net::to_text(*place);
    }
}

void check_tcp_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    std::string& address = settings.tcp_bind;
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    }
    if (address == "localhost") {
        address = "127.0.0.1";
    }
    if (address.empty() || !runtime::SocketAddress::from_ip(address, 0)) {
        problems.push_back(
            {"tcp_bind", public_bind_fault(address, "is not a valid IP address; expected one like 0.0.0.0 or ::")});
    }
}

// This host is only shown in addresses: any name or IP address, whether it exists or not.
void check_public_host(const std::string& host, std::vector<Problem>& problems) {
    constexpr std::string_view of_names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (host.find_first_not_of(of_names) != std::string::npos && !runtime::SocketAddress::from_ip(host, 0)) {
        problems.push_back({"public_host", in_quotes(host) +
                                               " is not a valid host; expected a name or an IP address without a port, "
                                               "like tunnel.example.com"});
    }
}

void check_http_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    auto place = net::parse_host_port(settings.http_bind, default_http_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    if (settings.http_bind.empty()) {
        if (!settings.domain.empty() && settings.https_bind.empty()) {
            problems.push_back({"domain", "has no meaning without http_bind or https_bind"});
        }
    } else if (!place || !runtime::SocketAddress::from_ip(*place)) {
        problems.push_back({"http_bind", net::quoted_address_fault(
                                             settings.http_bind,
                                             "is not a valid address to listen on; expected one like 0.0.0.0:8080")});
    } else {
        settings.http_bind = net::to_text(*place);
    }
    if (!settings.domain.empty()) {
        const std::string domain = directory::read_domain(settings.domain);
        if (domain.empty()) {
            problems.push_back({"domain", in_quotes(settings.domain) +
                                              " is not a valid domain for assigned hosts; expected one like "
                                              "tunnel.example.com"});
        }
        settings.domain = domain;
    }
}

void check_connect_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    if (settings.connect_bind.empty()) {
        return;
    }
    const runtime::SocketAddress at = listening_address(settings.connect_bind, default_connect_port);
    if (at.empty()) {
        problems.push_back(
            {"connect_bind",
             net::quoted_address_fault(settings.connect_bind,
                                       "is not a valid address to listen on; expected one like 127.0.0.1:3128")});
    } else {
        settings.connect_bind = at.text();
    }
}

void check_sharing(const ServerSettings& settings, std::vector<Problem>& problems) {
    const bool with_clients =
        is_shared(settings.bind, settings.http_bind) || is_shared(settings.bind, settings.https_bind);
    if (with_clients && !settings.tls) {
        problems.push_back(
            {"bind", "cannot be shared with visitors while TLS is off: clients are recognized by their TLS"});
    }
    const bool shares = with_clients || is_shared(settings.http_bind, settings.https_bind);
    const std::pair<const char*, const std::string&> named[] = {{"ssh_service", settings.ssh_service},
                                                                {"silent_service", settings.silent_service}};
    for (const auto& [key, place] : named) {
        if (place.empty()) {
            continue;
        }
        const std::optional<std::string> fault =
            shares ? named_service_fault(place, settings.tokens)
                   : std::optional<std::string>(
                         "has a meaning only if two of bind, http_bind and https_bind are the same address");
        if (fault) {
            problems.push_back({key, *fault});
        }
    }
}

void leave_out_what_is_off(ServerSettings& settings) {
    if (settings.http_bind == bind_off) {
        settings.http_bind.clear();
    }
    if (settings.https_bind == bind_off) {
        settings.https_bind.clear();
    }
    if (settings.connect_bind == bind_off) {
        settings.connect_bind.clear();
    }
}

}  // namespace ferrotunnel::detail
