// find_route: explains the steps of exchange::HttpExchange in words.
#include "ferrotunnel/http_route.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "api/route_plugins.hpp"
#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "ferrotunnel/error.hpp"
#include "http/authority.hpp"
#include "http/canonical_path.hpp"
#include "http/head_writer.hpp"
#include "http/header_rules.hpp"
#include "http/page.hpp"
#include "http/redirect.hpp"
#include "http/request_parser.hpp"
#include "http/rewrite.hpp"
#include "routes/route_table.hpp"
#include "settings/service.hpp"

namespace ferrotunnel {
namespace {

using Action = http::HeaderRule::Action;

[[noreturn]] void fail(const std::string& key, std::string text) {
    throw config_error({Problem{key, std::move(text)}});
}

// --- the request ---

struct Url {
    bool https = false;
    std::string_view authority;
    std::string target;
};

// Takes a URL apart as a browser does: a fragment stays with the visitor.
Url parse_url(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') {
            fail("URL", "has a space or control character");
        }
    }
    Url url;
    text = text.substr(0, text.find('#'));
    if (const std::size_t end = text.find("://"); end != std::string_view::npos) {
        const std::string_view scheme = text.substr(0, end);
        url.https = scheme == "https";
        if (!url.https && scheme != "http") {
            fail("URL", "begins with neither http:// nor https://");
        }
        text.remove_prefix(end + 3);
    }
    const std::size_t end = std::min(text.find_first_of("/?"), text.size());
    url.authority = text.substr(0, end);
    url.target = text.substr(end);
    if (!url.target.starts_with('/')) {
        url.target.insert(0, 1, '/');
    }
    if (url.authority.empty()) {
        fail("URL", "has no host; expected one like https://app.example.com/api");
    }
    return url;
}

std::string fields_of(const std::vector<HttpField>& headers) {
    std::string text;
    for (const HttpField& field : headers) {
        if (!http::is_field_name(field.name) || !http::is_field_value(field.value)) {
            fail("header", "\"" + printable(field.name, 64) + "\" cannot be a field; expected one like X-User: ann");
        }
        text += field.name + ": " + field.value + "\r\n";
    }
    return text;
}

// --- the services ---

struct Known {
    std::vector<directory::HttpDescription> descriptions;  // of all services, in their order
    routes::RouteTable table;
};

Known known_of(const std::vector<Http>& services, HttpRoute& route) {
    Known known;
    std::vector<Problem> problems;
    std::vector<routes::Route> routes;
    for (std::size_t i = 0; i < services.size(); ++i) {
        Http service = services[i];
        detail::check_service(service, false, problems);
        directory::HttpDescription& description = known.descriptions.emplace_back();
        description.name = service.name;
        if (!problems.empty() || directory::read_http_part(detail::http_part(service), description)) {
            continue;  // then there is a problem
        }
        if (description.hosts.empty()) {
            route.why.push_back("The service " + service.name +
                                " is left out: the server assigns its host, which is not known here.");
        }
        for (const std::string& host : description.hosts) {
            routes.push_back({*http::parse_host_pattern(host), description.path, static_cast<std::uint32_t>(i),
                              "service " + service.name});
        }
    }
    if (!problems.empty()) {
        throw config_error(std::move(problems));
    }
    auto table = routes::RouteTable::build(std::move(routes));
    if (!table) {
        for (const http::Problem& problem : table.error()) {
            problems.push_back({"services", problem.text});
        }
        throw config_error(std::move(problems));
    }
    known.table = std::move(*table);
    return known;
}

// --- what becomes of it ---

void answer_with_page(http::PageState state, std::string_view code, HttpRoute& route) {
    const http::PageStateInfo& info = http::info_of(state);
    route.outcome = HttpRoute::Outcome::page;
    route.status = info.status;
    route.code = code.empty() ? info.code : code;
}

http::PageState page_of(routes::RouteOutcome outcome) {
    switch (outcome) {
        case routes::RouteOutcome::unknown_path:
            return http::PageState::unknown_path;
        case routes::RouteOutcome::bad_path:
            return http::PageState::bad_request;
        case routes::RouteOutcome::ambiguous_path:
            return http::PageState::ambiguous_path;
        case routes::RouteOutcome::unknown_host:
        case routes::RouteOutcome::found:
            break;
    }
    return http::PageState::unknown_host;
}

void redirect(std::uint16_t status, HttpRoute& route) {
    route.outcome = HttpRoute::Outcome::redirect;
    route.status = status;
}

std::vector<std::string> lines_of(std::string_view head) {
    std::vector<std::string> lines;
    for (std::size_t end = head.find("\r\n"); end != std::string_view::npos && end != 0; end = head.find("\r\n")) {
        lines.emplace_back(head.substr(0, end));
        head.remove_prefix(end + 2);
    }
    return lines;
}

void write_request(const http::RequestHead& head, const directory::HttpDescription& service, HttpRoute& route) {
    http::Edits edits;
    http::RequestOut out = http::RequestOut::of(head);
    std::string path;
    if (const auto prefix = http::PrefixMap::of(service.rules, service.path)) {
        http::map_path(*prefix, head.target.path, path);
        out.path = path;
    }
    if (!service.rules.host.empty()) {
        out.host = service.rules.host;
    }
    (void)http::put_header_rules(service.rules.request_headers, edits);
    out.edits = &edits;
    std::string room(http::write_request(out, {}), '\0');
    (void)http::write_request(out, room);
    route.request = lines_of(room);
}

std::string seconds(Duration time) {
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

void note_fields(const http::Rules& rules, std::vector<std::string>& notes) {
    for (const http::HeaderRule& rule : rules.request_headers) {
        if (rule.action == Action::remove) {
            notes.push_back("The visitor's " + rule.name + " is removed.");
        }
    }
    for (const http::HeaderRule& rule : rules.response_headers) {
        switch (rule.action) {
            case Action::add:
                notes.push_back("Responses get an additional " + rule.name + ": " + rule.value);
                break;
            case Action::set:
                notes.push_back("Responses get " + rule.name + ": " + rule.value);
                break;
            case Action::remove:
                notes.push_back("Responses lose " + rule.name + '.');
                break;
        }
    }
}

void note_limits(const directory::HttpServiceLimits& limits, std::vector<std::string>& notes) {
    if (limits.backend_connect) {
        notes.push_back("The backend has " + seconds(*limits.backend_connect) +
                        " to accept a connection, otherwise 502.");
    }
    if (limits.first_byte) {
        notes.push_back("The backend has " + seconds(*limits.first_byte) + " to start its response, otherwise 504.");
    }
    if (limits.body_bytes_max) {
        notes.push_back("A body of more than " + std::to_string(*limits.body_bytes_max) +
                        " bytes is rejected with 413.");
    }
    if (limits.body_bytes_per_second_min) {
        notes.push_back("A body must arrive with at least " + std::to_string(*limits.body_bytes_per_second_min) +
                        " bytes a second on average, otherwise 408.");
    }
    if (!limits.upgrades) {
        notes.emplace_back("Upgrades (WebSocket) are not forwarded.");
    } else if (limits.upgraded_idle) {
        notes.push_back("A WebSocket is closed after " + seconds(*limits.upgraded_idle) + " without a byte.");
    }
}

void note_rules(const http::Rules& rules, bool https, std::vector<std::string>& notes) {
    notes.emplace_back(
        "Fields that identify the visitor are added: X-Forwarded-For, -Proto, -Host, -Port, X-Real-IP, X-Request-Id.");
    note_fields(rules, notes);
    if (rules.map_back && (rules.prefix || !rules.host.empty())) {
        notes.emplace_back("Location, Content-Location and cookies of responses are mapped back.");
    }
    if (rules.hsts && https) {
        notes.push_back("Responses get Strict-Transport-Security: " + http::hsts_value(*rules.hsts));
    }
}

// Only the server decides whether clients may request these plugins.
void note_asked(const std::vector<ServicePlugin>& plugins, std::vector<std::string>& notes) {
    std::string names;
    for (const ServicePlugin& plugin : plugins) {
        names += (names.empty() ? "" : ", ") + plugin.type;
    }
    if (!names.empty()) {
        notes.push_back("The service requests plugins, which run after those of the server: " + names + '.');
    }
}

// The members, and the one that gets the request, are known only to the server.
void note_group(const Group& group, std::vector<std::string>& notes) {
    if (group.name.empty()) {
        return;
    }
    notes.push_back("The client is a member of the group " + in_quotes(group.name) +
                    ": another member may get the request; `ferrotunnel services` at the server shows them.");
    if (group.sticky != Group::Sticky::off) {
        notes.emplace_back(group.sticky == Group::Sticky::cookie ? "A cookie keeps the visitor at its member."
                                                                 : "The visitor's address selects the member.");
    }
}

void follow_rules(const http::RequestHead& head, std::string_view host, bool https,
                  const directory::HttpDescription& service, HttpRoute& route) {
    const http::Rules& rules = service.rules;
    if (rules.https_redirect && rules.https_redirect->status != 0 && !https) {
        redirect(rules.https_redirect->status, route);
        http::write_https_redirect(*rules.https_redirect, host, head.target.path, head.target.query, route.location);
    } else if (rules.redirect) {
        redirect(rules.redirect->status, route);
        http::write_redirect(*rules.redirect, service.path, head.target.path, head.target.query, route.location);
    } else {
        route.outcome = HttpRoute::Outcome::backend;
        write_request(head, service, route);
        note_rules(rules, https, route.notes);
        note_limits(service.limits, route.notes);
    }
}

}  // namespace

HttpRoute find_route(const std::vector<Http>& services, std::string_view url, std::string_view method) {
    return find_route(services, {.url = std::string(url), .method = std::string(method)}, {});
}

HttpRoute find_route(const std::vector<Http>& services, const HttpRouteRequest& request,
                     const std::vector<PluginUse>& plugins) {
    const Url parsed = parse_url(request.url);
    if (request.method.empty() || request.method.find_first_of(" \t\r\n") != std::string_view::npos) {
        fail("method", "is not a valid method; expected one like GET or POST");
    }
    const detail::RoutePlugins chain(plugins);
    HttpRoute route;
    const Known known = known_of(services, route);
    const std::string text = request.method + ' ' + parsed.target +
                             " HTTP/1.1\r\nHost: " + std::string(parsed.authority) + "\r\n" +
                             fields_of(request.headers) + "\r\n";
    http::RequestParser parser;
    if (parser.parse(text) != http::ParseState::complete) {
        const http::Refusal refusal = parser.refusal();
        answer_with_page(http::page_state_of(refusal.status), refusal.code, route);
        route.why.push_back("The request is rejected: " + std::string(refusal.text) + '.');
        return route;
    }
    http::RequestHead head = parser.head();
    const std::string path = http::canonical_path(head.target.path);
    if (path != head.target.path) {
        route.why.push_back("The path is compared and forwarded as " + in_backticks(path) + '.');
        head.target.path = path;
    }
    http::HostBuffer buffer;
    const std::string_view host = http::normal_host(head.authority, buffer);
    routes::RouteExplanation explained = known.table.explain(host, head.target.path);
    route.why.insert(route.why.end(), explained.lines.begin(), explained.lines.end());
    if (!explained.match) {
        const bool bad = explained.match.outcome == routes::RouteOutcome::bad_path;
        answer_with_page(page_of(explained.match.outcome), bad ? "bad_path" : "", route);
        return route;
    }
    route.service = explained.match.value;
    const directory::HttpDescription& service = known.descriptions[route.service];
    follow_rules(head, host, parsed.https, service, route);
    if (route.outcome == HttpRoute::Outcome::backend) {
        chain.explain({head, host, service.name, request.visitor, parsed.https}, route);
        note_asked(services[route.service].plugins, route.notes);
        note_group(services[route.service].group, route.notes);
    }
    return route;
}

}  // namespace ferrotunnel
