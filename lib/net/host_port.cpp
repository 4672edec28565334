#include "net/host_port.hpp"

#include <algorithm>
#include <charconv>

#include "net/ip_text.hpp"

namespace ferrotunnel::net {

namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
        return {};
    }
    return port;
}

bool plausible_host(std::string_view host) {
    for (char c : host) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '[' || c == ']' || c == '@') {
            return false;
        }
    }
    return true;
}

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text, std::optional<std::uint16_t> default_port) {
    std::string_view host = text;
    std::optional<std::uint16_t> port = default_port;
    if (text.starts_with('[')) {
        auto close = text.find(']');
        if (close == std::string_view::npos) {
            return {};
        }
        host = text.substr(1, close - 1);
        if (!parse_ipv6(host)) {
            return {};
        }
        std::string_view rest = text.substr(close + 1);
        if (!rest.empty()) {
            port = rest.front() == ':' ? parse_port(rest.substr(1)) : std::nullopt;
        }
    } else if (auto colon = text.find(':'); colon != std::string_view::npos) {
        host = text.substr(0, colon);
        port = parse_port(text.substr(colon + 1));  // more colons, as in a bare IPv6 address: no number
    } else if (text.empty()) {
        return {};
    }
    if (!port || !plausible_host(host)) {
        return {};
    }
    return HostPort{std::string(host), *port};
}

bool is_localhost(std::string_view host) noexcept {
    constexpr std::string_view name = "localhost";
    host.remove_suffix(host.ends_with('.') ? 1 : 0);
    return std::equal(host.begin(), host.end(), name.begin(), name.end(), [](char written, char wanted) {
        return (written >= 'A' && written <= 'Z' ? static_cast<char>(written - 'A' + 'a') : written) == wanted;
    });
}

std::string to_text(const HostPort& place) {
    bool brackets = place.host.find(':') != std::string::npos;
    return (brackets ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

}  // namespace ferrotunnel::net
