#include "exits/destinations.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.hpp"
#include "exits/limits.hpp"

namespace ferrotunnel::exits {
namespace {

const std::vector<net::IpNetwork>& special_networks() {
    static const std::vector<net::IpNetwork> networks = [] {
        std::vector<net::IpNetwork> made;
        for (const char* text : {"0.0.0.0/8",     "10.0.0.0/8",   "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
                                 "172.16.0.0/12", "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15",  "224.0.0.0/4",
                                 "240.0.0.0/4",   "::/96",        "64:ff9b::/96",   "64:ff9b:1::/48", "2001::/32",
                                 "2002::/16",     "fc00::/7",     "fe80::/10",      "fec0::/10",      "ff00::/8"}) {
            made.push_back(net::IpNetwork::parse(text).value());
        }
        return made;
    }();
    return networks;
}

bool parse_port(std::string_view text, std::uint16_t& port) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc() && end == text.data() + text.size() && port != 0;
}

}  // namespace

bool is_public(const net::Address& address) noexcept {
    return address.family != 0 && std::none_of(special_networks().begin(), special_networks().end(),
                                               [&](const net::IpNetwork& one) { return one.contains(address); });
}

bool Destinations::Rule::has(std::uint16_t port) const noexcept {
    return std::any_of(ports.begin(), ports.end(),
                       [port](const Ports& range) { return range.first <= port && port <= range.last; });
}

bool Destinations::parse_ports(std::string_view text, std::vector<Ports>& ports) {
    for (bool more = true; more;) {
        const std::size_t comma = text.find(',');
        const std::string_view one = text.substr(0, comma);
        const std::size_t dash = one.find('-');
        Ports range;
        if (!parse_port(one.substr(0, dash), range.first) ||
            !parse_port(dash == std::string_view::npos ? one : one.substr(dash + 1), range.last) ||
            range.first > range.last || ports.size() == limits::exit_ports_max) {
            return false;
        }
        ports.push_back(range);
        more = comma != std::string_view::npos;
        text.remove_prefix(more ? comma + 1 : 0);
    }
    return true;
}

Result<Destinations::Rule, std::string> Destinations::parse_rule(std::string_view item) {
    std::string_view host = item;
    std::string_view ports;
    bool has_ports = false;
    if (item.starts_with('[')) {
        const std::size_t end = item.find(']');
        const std::string_view behind = end == std::string_view::npos ? "" : item.substr(end + 1);
        if (end == std::string_view::npos || (!behind.empty() && !behind.starts_with(':'))) {
            return std::string("is not a destination; write an IPv6 address as [2001:db8::7]:443");
        }
        host = item.substr(1, end - 1);
        has_ports = !behind.empty();
        ports = behind.substr(has_ports ? 1 : 0);
    } else if (std::count(item.begin(), item.end(), ':') == 1) {
        const std::size_t colon = item.find(':');
        host = item.substr(0, colon);
        has_ports = true;
        ports = item.substr(colon + 1);
    }
    Rule rule;
    if (has_ports && !parse_ports(ports, rule.ports)) {
        return "has invalid ports; expected up to " + std::to_string(limits::exit_ports_max) +
               " of them, from 1 to 65535, like 80,443 or 8000-8100";
    }
    if (!has_ports) {
        rule.ports.push_back({});
    }
    const bool is_address = item.starts_with('[') || host.find_first_of("/:") != std::string_view::npos ||
                            (!host.empty() && host.find_first_not_of("0123456789.") == std::string_view::npos);
    if (is_address) {
        auto network = net::IpNetwork::parse(host);
        if (!network) {
            return std::move(network).error();
        }
        rule.network = *network;
        return rule;
    }
    auto pattern = http::parse_host_pattern(host);
    if (!pattern) {
        return std::string(
            "is not a destination; expected one like example.com:443, *.example.com:80,443 or "
            "10.0.0.0/8:443");
    }
    rule.host = *std::move(pattern);
    return rule;
}

Result<Destinations, std::string> Destinations::parse(std::span<const std::string> items) {
    if (items.size() > limits::exit_rules_max) {
        return "are " + std::to_string(items.size()) + " destinations; at most " +
               std::to_string(limits::exit_rules_max) + " are possible";
    }
    Destinations made;
    for (const std::string& item : items) {
        auto rule = parse_rule(item);
        if (!rule) {
            return in_quotes(item) + ' ' + rule.error();
        }
        made.rules_.push_back(*std::move(rule));
    }
    return made;
}

bool Destinations::allow(const net::Address& address, std::uint16_t port) const noexcept {
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
        return rule.network && rule.network->contains(address) && rule.has(port);
    });
}

bool Destinations::name(const net::Address& address, std::uint16_t port) const noexcept {
    const std::uint8_t bits_min = !is_public(address)   ? limits::exit_names_private_bits
                                  : address.family == 4 ? limits::exit_names_public_ipv4_bits
                                                        : limits::exit_names_public_ipv6_bits;
    return std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
        return rule.network && rule.network->bits() >= bits_min && rule.network->contains(address) && rule.has(port);
    });
}

bool Destinations::allow_name(std::string_view name, std::uint16_t port) const noexcept {
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const Rule& rule) { return !rule.network && rule.host.matches(name) && rule.has(port); });
}

bool Destinations::may_allow(std::string_view name, std::uint16_t port) const noexcept {
    return allow_name(name, port) ||
           std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) { return rule.network && rule.has(port); });
}

bool Destinations::allow(std::string_view name, const net::Address& address, std::uint16_t port) const noexcept {
    return allow(address, port) || (is_public(address) && allow_name(name, port));
}

}  // namespace ferrotunnel::exits
