#include "directory/http_description.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "directory/claim_name.hpp"
#include "http/authority.hpp"
#include "http/host_pattern.hpp"
#include "net/ip_text.hpp"
#include "routes/route_table.hpp"

namespace ferrotunnel::directory {
namespace {

std::string wrong(std::string_view what, std::string_view text, const http::Problem& problem) {
    return "The " + std::string(what) + " \"" + printable(text, 64) + "\" " + problem.text + '.';
}

std::optional<std::string> read_hosts(const std::vector<std::string>& hosts, HttpDescription& description) {
    for (const std::string& text : hosts) {
        auto pattern = http::parse_host_pattern(text);
        if (!pattern) {
            return wrong("host", text, pattern.error());
        }
        std::string host = pattern->text();
        if (std::find(description.hosts.begin(), description.hosts.end(), host) == description.hosts.end()) {
            description.hosts.push_back(std::move(host));
        }
    }
    return std::nullopt;
}

std::vector<http::HeaderRule> header_rules_of(const std::vector<wire::HttpFieldRule>& part) {
    std::vector<http::HeaderRule> rules;
    rules.reserve(part.size());
    for (const wire::HttpFieldRule& rule : part) {
        switch (rule.action) {
            case wire::HttpFieldRule::Action::add:
                rules.push_back({http::HeaderRule::Action::add, rule.name, rule.value});
                break;
            case wire::HttpFieldRule::Action::set:
                rules.push_back({http::HeaderRule::Action::set, rule.name, rule.value});
                break;
            case wire::HttpFieldRule::Action::remove:
                rules.push_back({http::HeaderRule::Action::remove, rule.name, {}});
                break;
        }
    }
    return rules;
}

std::optional<Duration> duration_of(const std::optional<std::uint64_t>& ms) {
    return ms ? std::optional<Duration>(std::chrono::milliseconds(*ms)) : std::nullopt;
}

std::string too_much(std::string_view key, Duration most) {
    return "The service's limit `" + std::string(key) + "` exceeds the limit of this server, which is " +
           std::to_string(std::chrono::duration_cast<std::chrono::seconds>(most).count()) + " s.";
}

}  // namespace

std::string HttpDescription::claimed_path() const {
    return passthrough ? tls_instead_of_path : path.text();
}

Result<http::PathRule, http::Problem> read_http_path(std::string_view text) {
    if (text.empty()) {
        return http::PathRule{};
    }
    if (text.starts_with("= ")) {
        return http::parse_path_equals(text.substr(2));
    }
    if (text.starts_with("~ ")) {
        http::PathRule rule{http::PathRule::Kind::regex, std::string(text.substr(2))};
        std::vector<routes::Route> alone(1, routes::Route{{}, rule, 0, {}});
        auto built = routes::RouteTable::build(std::move(alone));
        if (!built) {  // the error names the route as well; only the path matters here
            auto expression = http::PathRegex::compile(text.substr(2));
            return expression ? built.error().front() : expression.error();
        }
        return built->routes().front().path;  // already compiled, so that the directory need not compile it again
    }
    return http::parse_path_prefix(text);
}

http::Rules rules_of(const wire::HttpRulesPart& part) {
    http::Rules rules;
    if (part.prefix) {
        rules.prefix = http::PrefixRewrite{*part.prefix};
    }
    rules.host = part.host;
    rules.map_back = part.map_back;
    rules.request_headers = header_rules_of(part.request_headers);
    rules.response_headers = header_rules_of(part.response_headers);
    if (part.redirect) {
        rules.redirect = http::Redirect{part.redirect->status, part.redirect->to};
    }
    if (part.https_redirect) {
        rules.https_redirect = http::HttpsRedirect{part.https_redirect->status, part.https_redirect->port};
    }
    if (part.hsts) {
        rules.hsts =
            http::Hsts{std::chrono::seconds(part.hsts->max_age), part.hsts->include_subdomains, part.hsts->preload};
    }
    return rules;
}

HttpServiceLimits limits_of(const wire::HttpLimitsPart& part) {
    HttpServiceLimits limits;
    limits.backend_connect = duration_of(part.connect_ms);
    limits.first_byte = duration_of(part.first_byte_ms);
    limits.upgraded_idle = duration_of(part.upgraded_idle_ms);
    limits.body_bytes_per_second_min = part.body_rate;
    limits.body_bytes_max = part.body_max;
    limits.upgrades = part.upgrades;
    return limits;
}

std::optional<std::string> beyond_bounds(const HttpServiceLimits& limits, const HttpBounds& bounds) {
    if (limits.first_byte && *limits.first_byte > bounds.first_byte) {
        return too_much("first_byte_timeout", bounds.first_byte);
    }
    if (limits.upgraded_idle && *limits.upgraded_idle > bounds.upgraded_idle) {
        return too_much("upgraded_idle_timeout", bounds.upgraded_idle);
    }
    return std::nullopt;
}

std::optional<std::string> read_http_part(const wire::HttpPart& part, HttpDescription& description) {
    if (auto problem = read_hosts(part.hosts, description)) {
        return problem;
    }
    auto path = read_http_path(part.path);
    if (!path) {
        return wrong("path", part.path, path.error());
    }
    description.path = std::move(*path);
    description.rules = rules_of(part.rules);
    description.limits = limits_of(part.limits);
    const std::vector<http::RuleProblem> problems = http::check_rules(description.rules, description.path);
    if (!problems.empty()) {
        return "The service's rule `" + problems.front().key + "` " + problems.front().text + '.';
    }
    description.per_visitor = part.per_visitor;
    description.backend_tls = part.backend_tls;
    return std::nullopt;
}

std::optional<std::string> read_tls_part(const wire::TlsPart& part, HttpDescription& description) {
    if (auto problem = read_hosts(part.hosts, description)) {
        return problem;
    }
    for (const std::string& host : description.hosts) {
        if (host.starts_with('[') || net::parse_ipv4(host)) {
            return wrong("host", host, {"is an IP address: TLS visitors send host names"});
        }
    }
    description.passthrough = true;
    return std::nullopt;
}

std::string read_domain(std::string_view text) {
    constexpr std::size_t label_and_dot = 9;
    http::Authority authority;
    http::HostBuffer buffer;
    if (http::split_authority(text, authority) != http::AuthorityFault::none || authority.port != 0 ||
        authority.kind != http::HostKind::name) {
        return {};
    }
    const std::string_view host = http::normal_host(authority, buffer);
    return host.size() + label_and_dot <= limits::host_name_max ? std::string(host) : std::string();
}

}  // namespace ferrotunnel::directory
