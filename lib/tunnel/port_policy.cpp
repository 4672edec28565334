#include "tunnel/port_policy.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.hpp"

namespace ferrotunnel::tunnel {
namespace {

std::string_view trimmed(std::string_view text) {
    auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) {
        return {};
    }
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
        return std::nullopt;
    }
    return port;
}

std::optional<PortRange> parse_range(std::string_view text) {
    auto dash = text.find('-');
    auto first = parse_port(trimmed(text.substr(0, dash)));
    auto last = dash == std::string_view::npos ? first : parse_port(trimmed(text.substr(dash + 1)));
    if (!first || !last || *first > *last) {
        return std::nullopt;
    }
    return PortRange{*first, *last};
}

}  // namespace

PortPolicy::PortPolicy(std::vector<PortRange> ranges) : listed_(true), ranges_(std::move(ranges)) {
    for (const PortRange& range : ranges_) {
        check(range.first != 0 && range.first <= range.last, "a range of ports is in order and leaves out 0");
    }
}

Result<PortPolicy, std::string> PortPolicy::parse(std::string_view text) {
    std::vector<PortRange> ranges;
    while (true) {
        auto comma = text.find(',');
        std::string_view part = trimmed(text.substr(0, comma));
        auto range = parse_range(part);
        if (!range) {
            return "\"" + std::string(part) + "\" is not a port (1 to 65535) or a range of ports like 8000-8100.";
        }
        ranges.push_back(*range);
        if (comma == std::string_view::npos) {
            return PortPolicy(std::move(ranges));
        }
        text.remove_prefix(comma + 1);
    }
}

bool PortPolicy::allows(std::uint16_t port) const noexcept {
    return std::any_of(ranges_.begin(), ranges_.end(),
                       [port](const PortRange& range) { return range.first <= port && port <= range.last; });
}

std::vector<std::uint16_t> PortPolicy::candidates(Random& random, std::size_t count_max) const {
    if (!listed_) {
        return {0};
    }
    // At most 65,536 entries, for a rare event: simpler than drawing from weighted ranges that may overlap.
    std::vector<std::uint16_t> ports;
    for (std::uint32_t port = privileged_below; port <= 65'535; ++port) {
        if (allows(static_cast<std::uint16_t>(port))) {
            ports.push_back(static_cast<std::uint16_t>(port));
        }
    }
    std::size_t count = std::min(count_max, ports.size());
    for (std::size_t i = 0; i < count; ++i) {  // the first steps of a Fisher-Yates shuffle
        std::swap(ports[i], ports[i + random.below(ports.size() - i)]);
    }
    ports.resize(count);
    return ports;
}

std::string PortPolicy::describe() const {
    constexpr std::size_t shown_max = 8;  // the text travels in a message to the client
    std::string text;
    for (const PortRange& range : ranges_) {
        text += text.empty() ? "" : ", ";
        if (&range == ranges_.data() + shown_max) {
            return text + "...";
        }
        text += std::to_string(range.first);
        if (range.last != range.first) {
            text += "-" + std::to_string(range.last);
        }
    }
    return text.empty() ? "none" : text;
}

}  // namespace ferrotunnel::tunnel
