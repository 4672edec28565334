// Maps a host and a path to a route. A table is built once, then immutable and read from any thread; a lookup allocates
// nothing, and its cost depends on the length of the host and the path, not on the number of hosts and prefixes.
//
// The host decides first: exact, then `*.x`, then the longest `**.x`, then `*`. Among that host's rules the path
// decides: equals, then regular expressions in their order, then the longest prefix. If the matching host has no rule
// for the path, less specific hosts are not tried: paths below `*.example.com` may belong to another owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/host_pattern.hpp"
#include "http/path_match.hpp"

namespace ferrotunnel::routes {

struct Route {
    http::HostPattern host;
    http::PathRule path;
    std::uint32_t value = 0;  // the caller's value, for example an index of a service
    std::string name;         // for `explain` and problems: "service web"

    bool operator==(const Route&) const = default;
};

enum class RouteOutcome : std::uint8_t {
    found,
    unknown_host,
    unknown_path,    // the host is known, but none of its rules matches the path
    bad_path,        // see PathFault
    ambiguous_path,  // readings of the path match different rules
};

struct RouteMatch {
    RouteOutcome outcome = RouteOutcome::unknown_host;
    http::PathFault fault = http::PathFault::none;  // for `bad_path`
    std::uint32_t value = 0;                        // this and the next: only for `found`
    std::uint32_t route = 0;                        // an index into RouteTable::routes()

    explicit operator bool() const noexcept { return outcome == RouteOutcome::found; }
};

/// The work of a lookup, for tests: numbers that must not grow with the table.
struct LookupSteps {
    std::size_t slots = 0;        // hash table slots that were read
    std::size_t comparisons = 0;  // comparisons of texts
    std::size_t expressions = 0;  // regular expressions that were tried
    std::size_t readings = 0;     // readings of the path that were looked up
};

struct RouteExplanation {
    RouteMatch match;
    /// One sentence each, in the order in which the table decides.
    std::vector<std::string> lines;
};

class RouteTable {
public:
    /// An empty table: every host is unknown.
    RouteTable();
    ~RouteTable();
    RouteTable(RouteTable&&) noexcept;
    RouteTable& operator=(RouteTable&&) noexcept;

    /// Builds a table, or reports all problems at once: two routes with the same host and path, an invalid expression,
    /// more expressions of one host than limits::http_path_regexes_per_host_max. Expressions that are compiled already
    /// are shared. The order of `routes` matters only among the expressions of one host. `seed` should be random in
    /// production, so that clients cannot register hosts that collide.
    static Result<RouteTable, std::vector<http::Problem>> build(std::vector<Route> routes, std::uint64_t seed = 0);

    /// Finds the route. `host` has the form of normal_host(), `path` is canonical and without query; any other form of
    /// it is a fault (PathFault::not_canonical). "*" (of OPTIONS) is looked up as "/".
    RouteMatch find(std::string_view host, std::string_view path, LookupSteps* steps = nullptr) const noexcept;

    /// Like find(), with an explanation in words. Not for the hot path.
    RouteExplanation explain(std::string_view host, std::string_view path) const;

    const std::vector<Route>& routes() const noexcept;

    struct Tables;  // see route_tables.hpp

private:
    explicit RouteTable(std::unique_ptr<const Tables> tables);

    std::unique_ptr<const Tables> tables_;
};

}  // namespace ferrotunnel::routes
