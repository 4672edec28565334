#include "net/proxy.hpp"

#include <algorithm>
#include <optional>

#include "base/limits.hpp"
#include "base/percent.hpp"
#include "base/text.hpp"
#include "net/ip_network.hpp"

namespace ferrotunnel::net {
namespace {

constexpr std::string_view expected = "expected one like http://proxy.example.com:3128 or socks5://192.0.2.1:1080";

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

bool is_fit_for_login(std::string_view text) {
    return text.size() <= limits::proxy_login_bytes_max && is_printable(text);
}

// Parses "user:password" into `proxy`. False if it is invalid.
bool read_login(std::string_view text, Proxy& proxy) {
    const std::size_t colon = text.find(':');
    const auto user = percent_decoded_strictly(text.substr(0, colon));
    const auto password =
        colon == std::string_view::npos ? std::string() : percent_decoded_strictly(text.substr(colon + 1));
    if (!user || !password || user->empty() || user->find(':') != std::string::npos || !is_fit_for_login(*user) ||
        !is_fit_for_login(*password)) {
        return false;
    }
    proxy.user = *user;
    proxy.password = *password;
    return true;
}

// An item of NO_PROXY without its port; empty if it has another port than `port`.
std::optional<std::string_view> without_port(std::string_view item, std::uint16_t port) {
    const std::size_t colon = item.rfind(':');
    const bool has_port = colon != std::string_view::npos &&
                          (item.find(':') == colon || (colon > 0 && item[colon - 1] == ']')) &&
                          item.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    if (!has_port) {
        return item;
    }
    return item.substr(colon + 1) == std::to_string(port) ? std::optional(item.substr(0, colon)) : std::nullopt;
}

bool names_host(std::string_view item, std::string_view host) {
    if (const auto address = parse_ip(host)) {
        if (item.size() > 1 && item.front() == '[' && item.back() == ']') {
            item = item.substr(1, item.size() - 2);
        }
        const auto network = IpNetwork::parse(item);
        return network && network->contains(*address);
    }
    const std::size_t dots = item.starts_with("*.") ? 2 : item.starts_with('.') ? 1 : 0;
    const std::string name = lower_case(item.substr(dots));
    const std::string asked = lower_case(host);
    return !name.empty() && (asked == name || asked.ends_with('.' + name));
}

}  // namespace

Result<Proxy, std::string> parse_proxy(std::string_view text) {
    Proxy proxy;
    std::string_view rest = text;
    if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
        const std::string scheme = lower_case(text.substr(0, end));
        rest = text.substr(end + 3);
        if (scheme == "socks5" || scheme == "socks5h") {
            proxy.kind = Proxy::Kind::socks5;
        } else if (scheme == "https") {
            return std::string("TLS on the way to the proxy is not supported; ") + std::string(expected);
        } else if (scheme != "http") {
            return "is of a kind that is not supported; " + std::string(expected);
        }
    }
    if (rest.ends_with('/')) {
        rest.remove_suffix(1);
    }
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        if (!read_login(rest.substr(0, at), proxy)) {
            return "has no valid user and password in front of the '@': percent-encode special characters there (%40 "
                   "for '@'), at most " +
                   std::to_string(limits::proxy_login_bytes_max) + " bytes each";
        }
        rest.remove_prefix(at + 1);
    }
    const std::uint16_t port = proxy.kind == Proxy::Kind::http ? 80 : 1080;
    const auto place = parse_host_port(rest, port);
    constexpr std::string_view not_in_hosts = "/?#@ ";
    if (!place || place->host.empty() || place->port == 0 || !is_printable(place->host) ||
        place->host.find_first_of(not_in_hosts) != std::string::npos) {
        return address_fault(rest, "is not a proxy; " + std::string(expected));
    }
    proxy.place = *place;
    return proxy;
}

std::string to_text(const Proxy& proxy) {
    return (proxy.kind == Proxy::Kind::http ? "http://" : "socks5://") + to_text(proxy.place);
}

bool is_in_no_proxy(std::string_view list, const HostPort& place) {
    constexpr std::string_view between = ", \t";
    for (std::size_t begin = list.find_first_not_of(between); begin != std::string_view::npos;
         begin = list.find_first_not_of(between, begin)) {
        const std::size_t end = std::min(list.find_first_of(between, begin), list.size());
        const std::string_view item = list.substr(begin, end - begin);
        begin = end;
        const auto host = without_port(item, place.port);
        if (item == "*" || (host && names_host(*host, place.host))) {
            return true;
        }
    }
    return false;
}

}  // namespace ferrotunnel::net
