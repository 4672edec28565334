#include "command_line_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <iterator>

#include "mapping.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

std::string lower(std::string_view text) {
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lowered;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The items of "10.0.0.0/8,192.0.2.7".
std::vector<std::string> items_of(std::string_view text) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        if (const std::string_view item = trimmed(text.substr(0, comma)); !item.empty()) {
            items.emplace_back(item);
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return items;
}

/// `::1:80` is port 80 of ::1, as for programs that split at the last colon; `2001:db8::7` has no port.
std::optional<Address> bare_ipv6_of(std::string_view text) {
    if (text.starts_with('[') || std::ranges::count(text, ':') < 2) {
        return std::nullopt;
    }
    const auto address = split_address(text);
    return address || !is_ipv6_address(text) ? address : std::optional(Address{std::string(text), {}});
}

}  // namespace

Origin origin_of(std::string_view command, std::string_view what) {
    const std::size_t scheme = what.find("://");
    const bool may_have_password = scheme != std::string_view::npos && what.find('@', scheme) != std::string_view::npos;
    return {std::string(command), 0, may_have_password ? std::string() : std::string(what)};
}

std::optional<unsigned> number_of(std::string_view text, unsigned min, unsigned max) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = !text.empty() && error == std::errc() && end == text.data() + text.size();
    return whole && number >= min && number <= max ? std::optional(number) : std::nullopt;
}

Url parse_url(std::string_view text) {
    Url url;
    if (const std::size_t colon = text.find("://"); colon != std::string_view::npos) {
        url.scheme = lower(text.substr(0, colon));
        text.remove_prefix(colon + 3);
    }
    const std::size_t slash = std::min(text.find('/'), text.size());
    url.path = text.substr(slash) == "/" ? std::string() : std::string(text.substr(slash));
    text = text.substr(0, slash);
    text.remove_prefix(text.find('@') == std::string_view::npos ? 0 : text.find('@') + 1);
    if (const auto address = bare_ipv6_of(text)) {
        url.host = address->host;
        url.port = address->port;
        return url;
    }
    const std::size_t bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (bracket != std::string_view::npos) {
        url.host = text.substr(1, bracket - 1);
    } else {
        url.host = lower(text.substr(0, colon));
    }
    if (colon != std::string_view::npos) {
        url.port = text.substr(colon + 1);
    } else if (bracket == std::string_view::npos && number_of(text, 1, 65535)) {
        url.port = std::exchange(url.host, {});
    }
    return url;
}

std::optional<std::string> backend_of(std::string_view text, unsigned default_port) {
    for (const auto& [prefix, kind] : {std::pair{"file://", "files:"}, {"unix://", "unix:"}, {"unix:", "unix:"}}) {
        if (text.starts_with(prefix)) {
            return kind + std::string(text.substr(std::string_view(prefix).size()));
        }
    }
    const Url url = parse_url(text);
    const std::string port =
        url.port.empty() && default_port != 0 && url.scheme.empty() ? std::to_string(default_port) : url.port;
    const bool is_http = url.scheme == "http" || url.scheme == "https";
    if ((!url.scheme.empty() && !is_http && url.scheme != "tcp" && url.scheme != "tls") || !url.path.empty() ||
        (port.empty() && !is_http) || (!port.empty() && !number_of(port, 1, 65535))) {
        return std::nullopt;
    }
    const std::string host = url.host.empty() ? "localhost" : in_brackets(url.host);
    return (is_http ? url.scheme + "://" : std::string()) + host + (port.empty() ? "" : ":" + port);
}

std::pair<std::string, std::string> header_of(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    return {std::string(trimmed(text.substr(0, colon))),
            std::string(trimmed(text.substr(std::min(colon + 1, text.size()))))};
}

void add_headers(Draft& draft, Node& service, std::string_view list, const std::vector<Given>& headers) {
    for (const Given& each : headers) {
        const auto [name, value] = header_of(each.value);
        const Origin origin = Words::origin(each);
        if (name == "ngrok-skip-browser-warning") {
            draft.skip(origin, each.name, "browsers get no warning in front of a page");
        } else if (list.ends_with(".remove")) {
            service.at(list).add(name, origin);
        } else {
            add_header_rule(draft, service, list, origin, fmt::format("{} {}", each.name, name), name, value);
        }
    }
}

void add_passwords(Draft& draft, Node& service, const std::vector<Given>& passwords) {
    for (const Given& each : passwords) {
        const Origin origin = Words::origin(each);
        if (!require_password(draft, service, origin, each.name, each.value)) {
            close_unguarded_service(draft, service, origin, each.name);
            continue;
        }
        const std::size_t colon = each.value.find(':');
        draft.password_for_command(each.value.substr(0, colon), each.value.substr(colon + 1), origin);
    }
}

void add_networks(Node& service, Words& words, std::string_view allow, std::string_view deny) {
    std::array<std::vector<std::string>, 2> lists;
    Origin origin;
    for (std::size_t i = 0; i < lists.size(); ++i) {
        for (const Given& each : words.all(i == 0 ? allow : deny)) {
            origin = Words::origin(each);
            const std::vector<std::string> items = items_of(each.value);
            if (items.empty()) {
                words.lose(i == 0 ? allow : deny, "it has no network");
                words.add_guard(origin);
            }
            std::ranges::copy(items, std::back_inserter(lists[i]));
        }
    }
    filter_addresses(service, {lists[0], origin}, {lists[1], origin});
}

void close_unguarded(Draft& draft, Node& service, const Words& words) {
    if (!words.guards().empty()) {
        close_unguarded_service(draft, service, words.guards().front(), words.guards().front().file);
    }
}

void set_log_level(Draft& draft, Words& words, std::string_view option) {
    const auto given = words.text(option);
    if (!given) {
        return;
    }
    const std::string level = lower(*given);
    const bool is_error = level == "crit" || level == "fatal" || level == "panic";
    draft.log_of(Side::client)
        .set("level",
             is_error             ? "error"
             : level == "warning" ? "warn"
                                  : level,
             words.origin(option));
}

std::optional<std::chrono::milliseconds> time_of(Words& words, std::string_view option) {
    const auto given = words.text(option);
    const auto time = duration_of(given.value_or(""));
    if (words.has(option) && !time) {
        words.lose(option, "the value is not a time, like 30s or 1m30s");
    }
    return time;
}

void set_proxy_protocol(Node& service, Words& words, std::string_view option) {
    const std::string version = words.text(option).value_or("0");
    if (version == "1" || version == "2") {
        service.set("proxy_protocol", "v" + version, words.origin(option));
    } else if (version != "0") {
        words.lose(option, "the versions are 1 and 2");
    }
}

void set_time(Node& node, std::string_view path, Words& words, std::string_view option) {
    if (const auto time = time_of(words, option)) {
        node.set(path, text_of(*time), words.origin(option));
    }
}

}  // namespace ferrotunnel::cli::importing::command_line
