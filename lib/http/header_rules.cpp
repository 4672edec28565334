#include "http/header_rules.hpp"

#include <algorithm>
#include <iterator>

#include "http/characters.hpp"
#include "http/field_name.hpp"

namespace ferrotunnel::http {
namespace {

constexpr std::string_view of_framing = "decides where a message ends; the edge alone writes it";
constexpr std::string_view of_connection = "belongs to one connection, not to a message; the edge alone writes it";
constexpr std::string_view of_forwarding = "tells a backend who the visitor is; the edge alone writes it";
constexpr std::string_view of_edge = "is the edge's own";

struct Own {
    std::string_view name;
    std::string_view why;
};
constexpr Own own[] = {
    {"Host", "decides where a request goes; use the host rewrite instead"},
    {"Content-Length", of_framing},
    {"Transfer-Encoding", of_framing},
    {"Trailer", of_framing},
    {"Connection", of_connection},
    {"Expect", of_connection},
    {"HTTP2-Settings", of_connection},
    {"Keep-Alive", of_connection},
    {"Proxy", "is taken by CGI programs for the proxy that they are to use"},
    {"Proxy-Authenticate", of_connection},
    {"Proxy-Authorization", of_connection},
    {"Proxy-Connection", of_connection},
    {"TE", of_connection},
    {"Upgrade", of_connection},
    {"Forwarded", of_forwarding},
    {"X-Real-IP", of_forwarding},
    {"Via", "shows the way of a message; the edge alone writes it"},
    {"X-Request-Id", "ties the logs of both ends together; the edge alone writes it"},
};

// The fields that describe a body: RFC 9110, 8.3 to 8.8, 13.1 and 14; RFC 9111, 5.1 and 5.3.
constexpr std::string_view of_body[] = {
    "Accept-Ranges",
    "Age",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-Range",
    "Content-Type",
    "ETag",
    "Expires",
    "Last-Modified",
};

// Whether the first bytes of two names that are not empty are loosely the same: cheaper than to compare all of them.
bool begins_alike(std::string_view a, std::string_view b) noexcept {
    return detail::loose[static_cast<unsigned char>(a.front())] == detail::loose[static_cast<unsigned char>(b.front())];
}

bool describes_body(std::string_view name) noexcept {
    return std::any_of(std::begin(of_body), std::end(of_body),
                       [name](std::string_view each) { return same_name_loosely(name, each); });
}

}  // namespace

std::string_view why_untouchable(std::string_view name) noexcept {
    if (name.empty()) {
        return {};
    }
    for (const Own& field : own) {
        if (begins_alike(name, field.name) && same_name_loosely(name, field.name)) {
            return field.why;
        }
    }
    for (const auto& [start, why] : {Own{"X-Forwarded-", of_forwarding}, Own{"X-FerroTunnel-", of_edge}}) {
        if (name.size() >= start.size() && same_name_loosely(name.substr(0, start.size()), start)) {
            return why;
        }
    }
    return {};
}

namespace {

bool put_header_rule(const HeaderRule& rule, Edits& edits) noexcept {
    switch (rule.action) {
        case HeaderRule::Action::add:
            return edits.add(rule.name, rule.value);
        case HeaderRule::Action::set:
            return edits.set(rule.name, rule.value);
        case HeaderRule::Action::remove:
            return edits.remove(rule.name);
    }
    return false;
}

}  // namespace

bool put_header_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept {
    return std::all_of(rules.begin(), rules.end(),
                       [&](const HeaderRule& rule) { return put_header_rule(rule, edits); });
}

bool put_page_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept {
    return std::all_of(rules.begin(), rules.end(), [&](const HeaderRule& rule) {
        return describes_body(rule.name) || put_header_rule(rule, edits);
    });
}

}  // namespace ferrotunnel::http
