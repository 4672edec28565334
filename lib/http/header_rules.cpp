#include "http/header_rules.hpp"

#include <algorithm>
#include <iterator>

#include "http/field_name.hpp"

namespace ferrotunnel::http {
namespace {

constexpr std::string_view of_framing = "decides where a message ends; only the edge writes it";
constexpr std::string_view of_connection = "belongs to one connection, not to a message; only the edge writes it";
constexpr std::string_view of_forwarding = "tells a backend who the visitor is; only the edge writes it";
constexpr std::string_view of_edge = "is the edge's own";

std::string_view why_own(FieldName name) noexcept {
    switch (name) {
        case FieldName::host:
            return "decides where a request goes; use the host rewrite instead";
        case FieldName::content_length:
        case FieldName::transfer_encoding:
        case FieldName::trailer:
            return of_framing;
        case FieldName::connection:
        case FieldName::expect:
        case FieldName::http2_settings:
        case FieldName::keep_alive:
        case FieldName::proxy_authenticate:
        case FieldName::proxy_authorization:
        case FieldName::proxy_connection:
        case FieldName::te:
        case FieldName::upgrade:
            return of_connection;
        case FieldName::proxy:
            return "makes CGI programs use its value as their proxy";
        case FieldName::forwarded:
        case FieldName::x_real_ip:
            return of_forwarding;
        case FieldName::via:
            return "shows the path of a message; only the edge writes it";
        case FieldName::x_request_id:
            return "ties the logs of both ends together; only the edge writes it";
        default:
            return {};
    }
}

struct OwnPrefix {
    std::string_view start;
    std::string_view why;
};
constexpr OwnPrefix own_prefixes[] = {{"X-Forwarded-", of_forwarding}, {"X-FerroTunnel-", of_edge}};

/// `known`: the loosely matching known name.
std::string_view why_own(std::string_view name, FieldName known) noexcept {
    if (const std::string_view why = why_own(known); !why.empty()) {
        return why;
    }
    for (const auto& [start, why] : own_prefixes) {
        if (name.size() >= start.size() && same_name_loosely(name.substr(0, start.size()), start)) {
            return why;
        }
    }
    return {};
}

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

bool describes_body(std::string_view name) noexcept {
    return std::any_of(std::begin(of_body), std::end(of_body),
                       [name](std::string_view each) { return same_name_loosely(name, each); });
}

}  // namespace

std::string_view protected_field_reason(std::string_view name) noexcept {
    return why_own(name, field_name_loosely(name));
}

std::string_view protected_field_reason(const Edits::Edit& edit) noexcept {
    return why_own(edit.name, edit.odd_name ? field_name_loosely(edit.name) : edit.known);
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
