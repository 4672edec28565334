// Routes out of a few words, for tests.
#pragma once

#include <string_view>
#include <vector>

#include "http/path_regex.hpp"
#include "routes/route_table.hpp"

namespace ferrotunnel::test {

/// A rule from a word: "= /x" equals, "~ /x" expression, "/x" prefix.
inline http::PathRule path_rule(std::string_view text) {
    if (text.starts_with("= ")) {
        return *http::parse_path_equals(text.substr(2));
    }
    return text.starts_with("~ ") ? *http::parse_path_regex(text.substr(2)) : *http::parse_path_prefix(text);
}

struct Line {
    std::string_view host;
    std::string_view path = "/";
};

/// A route for each line: its value is its place, its name "rule N".
inline std::vector<routes::Route> routes_of(const std::vector<Line>& lines) {
    std::vector<routes::Route> routes;
    for (const Line& line : lines) {
        const auto value = static_cast<std::uint32_t>(routes.size());
        routes.push_back(
            {*http::parse_host_pattern(line.host), path_rule(line.path), value, "rule " + std::to_string(value)});
    }
    return routes;
}

inline routes::RouteTable table_of(const std::vector<Line>& lines, std::uint64_t seed = 0) {
    return std::move(*routes::RouteTable::build(routes_of(lines), seed));
}

}  // namespace ferrotunnel::test
