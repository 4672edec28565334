#include "settings/port_range.hpp"

#include <charconv>
#include <optional>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/tcp.hpp"
#include "ferrotunnel/udp.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view port_digits = "0123456789";

struct PortRange {
    std::uint16_t first = 0;
    std::uint16_t last = 0;

    std::size_t size() const noexcept { return std::size_t{1} + last - first; }
};

std::optional<std::uint16_t> read_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole && port != 0 ? std::optional(port) : std::nullopt;
}

std::optional<PortRange> read_range(std::string_view text) {
    const std::size_t dash = text.find('-');
    const auto first = read_port(text.substr(0, dash));
    const auto last = read_port(text.substr(dash + 1));
    return first && last && *first <= *last ? std::optional(PortRange{*first, *last}) : std::nullopt;
}

std::string no_range(std::string_view text) {
    return in_quotes(text) + " is not a range of ports; expected one like 20000-20010, from 1 to 65535";
}

template <typename Service>
std::vector<Service> range_of(std::string_view remote_ports, std::string_view local, std::string_view name) {
    auto ports = expand_ports(remote_ports, local);
    if (!ports) {
        throw config_error({{std::string(name.empty() ? remote_ports : name), ports.error()}});
    }
    Service model;
    model.name = name;
    return services_of_range(model, *ports);
}

}  // namespace

bool is_port_range(std::string_view text) noexcept {
    const std::size_t dash = text.find('-');
    return dash != std::string_view::npos && dash != 0 && dash + 1 < text.size() &&
           text.find_first_not_of(port_digits) == dash &&
           text.find_first_not_of(port_digits, dash + 1) == std::string_view::npos;
}

Result<std::vector<PortOfRange>, std::string> expand_ports(std::string_view ports, std::string_view local) {
    const std::size_t colon = local.rfind(':');
    const std::string_view host = colon == std::string_view::npos ? "" : local.substr(0, colon + 1);
    const std::string_view behind = colon == std::string_view::npos ? local : local.substr(colon + 1);
    if (!is_port_range(ports)) {
        return std::string("a range of backend ports needs a range of public ports, like 20000-20010");
    }
    const auto range = read_range(ports);
    if (!range) {
        return no_range(ports);
    }
    if (!is_port_range(behind)) {
        return std::string(
            "a range of public ports needs a range of backend ports of the same length, like "
            "127.0.0.1:3000-3010");
    }
    const auto range_behind = read_range(behind);
    if (!range_behind) {
        return no_range(behind);
    }
    if (range->size() != range_behind->size()) {
        return std::to_string(range->size()) + " public ports need as many backend ports, not " +
               std::to_string(range_behind->size());
    }
    if (range->size() > limits::services_max) {
        return "a range has at most " + std::to_string(limits::services_max) + " ports";
    }
    std::vector<PortOfRange> services;
    for (std::size_t i = 0; i < range->size(); ++i) {
        services.push_back({static_cast<std::uint16_t>(range->first + i),
                            std::string(host) + std::to_string(range_behind->first + i)});
    }
    return services;
}

}  // namespace ferrotunnel::detail

namespace ferrotunnel {

std::vector<Tcp> Tcp::range(std::string_view remote_ports, std::string_view local, std::string_view name) {
    return detail::range_of<Tcp>(remote_ports, local, name);
}

std::vector<Udp> Udp::range(std::string_view remote_ports, std::string_view local, std::string_view name) {
    return detail::range_of<Udp>(remote_ports, local, name);
}

}  // namespace ferrotunnel
