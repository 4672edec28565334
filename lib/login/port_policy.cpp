#include "login/port_policy.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/check.hpp"

namespace ferrotunnel::login {
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

std::uint16_t port_at(const std::vector<PortRange>& ranges, std::uint32_t place) {
    for (const PortRange& range : ranges) {
        const std::uint32_t size = range.last - range.first + 1U;
        if (place < size) {
            return static_cast<std::uint16_t>(range.first + place);
        }
        place -= size;
    }
    check(false, "an index of a port is below their number");
    return 0;
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
    const std::vector<PortRange> ranges = unprivileged();
    std::uint32_t total = 0;
    for (const PortRange& range : ranges) {
        total += range.last - range.first + 1U;
    }
    // The first steps of a Fisher-Yates shuffle of all the ports, of which only the moved ones are stored.
    std::map<std::uint32_t, std::uint32_t> moved;
    const auto at = [&moved](std::uint32_t place) {
        const auto found = moved.find(place);
        return found == moved.end() ? place : found->second;
    };
    std::vector<std::uint16_t> ports;
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(count_max, total));
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto other = i + static_cast<std::uint32_t>(random.below(total - i));
        const std::uint32_t chosen = at(other);
        moved[other] = at(i);
        ports.push_back(port_at(ranges, chosen));
    }
    return ports;
}

// The unprivileged ranges, sorted and without overlaps.
std::vector<PortRange> PortPolicy::unprivileged() const {
    std::vector<PortRange> sorted = ranges_;
    std::sort(sorted.begin(), sorted.end(), [](const PortRange& a, const PortRange& b) { return a.first < b.first; });
    std::vector<PortRange> merged;
    for (PortRange range : sorted) {
        range.first = std::max(range.first, privileged_below);
        if (range.first > range.last) {
            continue;
        }
        if (!merged.empty() && range.first <= merged.back().last) {
            merged.back().last = std::max(merged.back().last, range.last);
        } else {
            merged.push_back(range);
        }
    }
    return merged;
}

std::string PortPolicy::describe() const {
    constexpr std::size_t shown_max = 8;  // the text is sent in a message to the client
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

}  // namespace ferrotunnel::login
