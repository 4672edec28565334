#include "command_line_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "../password_hash.hpp"
#include "ferrotunnel/secret.hpp"

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

std::string with_brackets(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
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

void add_list(Node& list, const std::vector<Given>& networks) {
    for (const Given& each : networks) {
        for (std::string& item : items_of(each.value)) {
            list.add(std::move(item), Words::origin(each));
        }
    }
}

}  // namespace

Origin origin_of(std::string_view command, std::string_view what) {
    return {std::string(command), 0, std::string(what)};
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
    const std::string host = url.host.empty() ? "localhost" : with_brackets(url.host);
    return (is_http ? url.scheme + "://" : std::string()) + host + (port.empty() ? "" : ":" + port);
}

std::pair<std::string, std::string> header_of(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    return {std::string(trimmed(text.substr(0, colon))),
            std::string(trimmed(text.substr(std::min(colon + 1, text.size()))))};
}

void add_header(Draft& draft, Node& service, std::string_view list, const Given& given) {
    const auto [name, value] = header_of(given.value);
    if (name == "ngrok-skip-browser-warning") {
        return;  // there is no such warning here
    }
    if (value.find("${") != std::string::npos) {
        draft.lose(Words::origin(given), fmt::format("{} {}", given.name, name),
                   "values of headers are texts, without variables",
                   "use the plugin `headers` of the server, which fills in the visitor's address and notes");
        return;
    }
    Node& rule = service.at(list);
    if (list.ends_with(".remove")) {
        rule.add(name, Words::origin(given));
        return;
    }
    Node& field = rule.child(name);
    if (field.kind() == Node::Kind::scalar) {
        const std::string first = field.scalar();
        rule.remove(name);
        Node& values = rule.child(name);
        values.add(first);
        values.add(value);
    } else if (field.kind() == Node::Kind::list) {
        field.add(value);
    } else {
        rule.set(name, value, Words::origin(given));
    }
}

void add_password(Draft& draft, Node& service, Words& words, const std::vector<Given>& passwords) {
    Node* users = nullptr;
    for (const Given& each : passwords) {
        const std::size_t colon = each.value.find(':');
        const std::string user = each.value.substr(0, colon);
        const std::string password = colon == std::string::npos ? std::string() : each.value.substr(colon + 1);
        const auto hash = user.empty() || password.empty()
                              ? std::nullopt
                              : hash_of_password(::ferrotunnel::Secret::from_string(password));
        const Origin origin = Words::origin(each);
        if (!hash) {
            draft.lose(origin, each.name, "the value is not NAME:PASSWORD, or the password cannot be hashed",
                       "use `--basic-auth` of `ferrotunnel http`");
            words.add_guard(origin);
            continue;
        }
        if (users == nullptr) {
            users = &service.at("plugins").add().at("auth.users");
        }
        users->put(user, *hash, origin);
        draft.secret(Side::client, user + ".password", password, origin);
    }
}

void add_networks(Node& service, const std::vector<Given>& allow, const std::vector<Given>& deny) {
    if (allow.empty() && deny.empty()) {
        return;
    }
    Node& filter = service.at("plugins").add().child("ip-filter");
    if (!allow.empty()) {
        add_list(filter.child("allow"), allow);
    }
    if (!deny.empty()) {
        add_list(filter.child("deny"), deny);
    }
}

void close_unguarded(Draft& draft, Node& service, const Words& words) {
    if (words.guards().empty()) {
        return;
    }
    service.set("enabled", false);
    draft.ask(
        words.guards().front(),
        fmt::format("the service is off, since without {} everybody could visit it: protect it in another way, then "
                    "remove `enabled: off`",
                    words.guards().front().file));
}

void set_log_level(Draft& draft, std::string_view level, const Origin& origin) {
    const std::string lowered = lower(level);
    const std::string ours = lowered == "crit" || lowered == "fatal" || lowered == "panic" ? "error"
                             : lowered == "warning"                                        ? "warn"
                                                                                           : lowered;
    draft.ask(origin,
              fmt::format("log messages begin at level {} with `--log-level {}`, or `log: {{level: {}}}` at the "
                          "top of the file",
                          lowered, ours, ours));
}

std::optional<std::string> time_of(std::string_view text) {
    const bool is_time = !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0 &&
                         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '.'; });
    if (!is_time) {
        return std::nullopt;
    }
    return number_of(text, 0, 10'000'000) ? std::string(text) + "s" : std::string(text);
}

}  // namespace ferrotunnel::cli::importing::command_line
