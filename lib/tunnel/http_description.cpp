#include "tunnel/http_description.hpp"

#include <algorithm>
#include <utility>

#include "http/authority.hpp"
#include "http/host_pattern.hpp"
#include "http/route_table.hpp"
#include "tunnel/claim_name.hpp"
#include "wire/ip_text.hpp"
#include "wire/text.hpp"

namespace ferrotunnel::tunnel {
namespace {

std::string wrong(std::string_view what, std::string_view text, const http::Problem& problem) {
    return "The " + std::string(what) + " \"" + wire::printable(text, 64) + "\" " + problem.text + '.';
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
        std::vector<http::Route> alone(1, http::Route{{}, rule, 0, {}});
        auto built = http::RouteTable::build(std::move(alone));
        if (!built) {
            return built.error().front();
        }
        return built->routes().front().path;  // compiled, so that the directory need not do it again
    }
    return http::parse_path_prefix(text);
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
    description.per_visitor = part.per_visitor;
    return std::nullopt;
}

std::optional<std::string> read_tls_part(const wire::TlsPart& part, HttpDescription& description) {
    if (auto problem = read_hosts(part.hosts, description)) {
        return problem;
    }
    for (const std::string& host : description.hosts) {
        if (host.starts_with('[') || wire::parse_ipv4(host)) {
            return wrong("host", host, {"is an address: visitors ask for names by TLS"});
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

}  // namespace ferrotunnel::tunnel
