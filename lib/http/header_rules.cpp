#include "http/header_rules.hpp"

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

}  // namespace

std::string_view why_untouchable(std::string_view name) noexcept {
    for (const Own& field : own) {
        if (same_name_loosely(name, field.name)) {
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

bool put_header_rules(std::span<const HeaderRule> rules, Edits& edits) noexcept {
    for (const HeaderRule& rule : rules) {
        bool put = false;
        switch (rule.action) {
            case HeaderRule::Action::add:
                put = edits.add(rule.name, rule.value);
                break;
            case HeaderRule::Action::set:
                put = edits.set(rule.name, rule.value);
                break;
            case HeaderRule::Action::remove:
                put = edits.remove(rule.name);
                break;
        }
        if (!put) {
            return false;
        }
    }
    return true;
}

}  // namespace ferrotunnel::http
