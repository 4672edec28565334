#include "http/route_table.hpp"

#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "http/route_tables.hpp"

namespace ferrotunnel::http {
namespace {

std::size_t labels_of(std::string_view name) noexcept {
    return static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 1;
}

// The hash of a whole host name, label by label from its end.
std::uint64_t hash_of_host(const NameHasher& hasher, std::string_view name) noexcept {
    std::uint64_t state = hasher.start();
    while (true) {
        const std::size_t dot = name.rfind('.');
        state = hasher.piece(state, name.substr(dot == std::string_view::npos ? 0 : dot + 1));
        if (dot == std::string_view::npos) {
            return state;
        }
        name = name.substr(0, dot);
    }
}

// Of a prefix, segment by segment; each segment has its slash in front.
std::uint64_t hash_of_prefix(const NameHasher& hasher, std::uint64_t state, std::string_view prefix) noexcept {
    while (!prefix.empty()) {
        const std::size_t end = std::min(prefix.find('/', 1), prefix.size());
        state = hasher.piece(state, prefix.substr(1, end - 1));
        prefix.remove_prefix(end);
    }
    return state;
}

}  // namespace

// --- building -------------------------------------------------------------------------------------------------------

void RouteTable::Tables::add(std::vector<Route> all, std::vector<Problem>& problems) {
    routes = std::move(all);
    owner.reserve(routes.size());
    for (std::uint32_t i = 0; i < routes.size(); ++i) {
        const std::uint32_t host = host_of(routes[i].host);
        owner.push_back(host);
        hosts[host].all.push_back(i);
    }
    add_nodes();
    add_paths(problems);
    host_by_text_.clear();
}

std::uint32_t RouteTable::Tables::host_of(const HostPattern& pattern) {
    const auto [at, is_new] = host_by_text_.try_emplace(pattern.text(), static_cast<std::uint32_t>(hosts.size()));
    if (is_new) {
        hosts.emplace_back().pattern = pattern;
    }
    return at->second;
}

void RouteTable::Tables::add_nodes() {
    std::unordered_map<std::string_view, std::uint32_t> node_by_name;
    for (std::uint32_t i = 0; i < hosts.size(); ++i) {
        const HostPattern& pattern = hosts[i].pattern;
        if (pattern.kind == HostPattern::Kind::any) {
            default_host = i;
            continue;
        }
        const auto [at, is_new] = node_by_name.try_emplace(pattern.host, static_cast<std::uint32_t>(nodes.size()));
        if (is_new) {
            nodes.emplace_back().name = pattern.host;  // `hosts` does not change any more
        }
        HostNode& node = nodes[at->second];
        if (pattern.kind == HostPattern::Kind::exact) {
            node.exact = i;
            continue;
        }
        suffix_labels_max = std::max(suffix_labels_max, labels_of(pattern.host));
        (pattern.kind == HostPattern::Kind::one_label ? node.one_label : node.any_labels) = i;
    }
    names.reserve(nodes.size());
    for (std::uint32_t i = 0; i < nodes.size(); ++i) {
        names.insert(hasher.finish(hash_of_host(hasher, nodes[i].name)), i);
    }
}

void RouteTable::Tables::add_paths(std::vector<Problem>& problems) {
    paths.reserve(routes.size());
    for (std::uint32_t i = 0; i < routes.size(); ++i) {
        if (!add_path(i, problems)) {
            const Route& route = routes[i];
            problems.push_back({"two rules are for `" + route.host.text() + "` `" + route.path.text() + "`" +
                                (route.name.empty() ? "" : "; the second one is of " + route.name)});
        }
    }
}

// False when there is one already.
bool RouteTable::Tables::add_path(std::uint32_t route, std::vector<Problem>& problems) {
    HostRules& rules = hosts[owner[route]];
    const PathRule& path = routes[route].path;
    if (path.kind == PathRule::Kind::regex) {
        for (const std::uint32_t other : rules.expressions) {
            if (routes[expressions[other].route].path == path) {
                return false;
            }
        }
        auto regex = PathRegex::compile(path.path);
        if (!regex) {
            problems.push_back({"`" + path.text() + "` of `" + routes[route].host.text() + "` " + regex.error().text});
            return true;
        }
        rules.expressions.push_back(static_cast<std::uint32_t>(expressions.size()));
        expressions.push_back({std::move(*regex), route});
        return true;
    }
    std::uint64_t state = path_start(rules, path.kind);
    if (path.kind == PathRule::Kind::equals) {
        rules.has_equals = true;
        state = hasher.piece(state, path.path);
    } else {
        if (path.path.empty()) {
            return std::exchange(rules.everything, route) == no_route;
        }
        rules.segments_max = std::max(rules.segments_max, segments_of(path.path));
        state = hash_of_prefix(hasher, state, path.path);
    }
    LookupSteps steps;
    if (find_exact_path(rules, path.kind, state, path.path, steps) != no_route) {
        return false;
    }
    paths.insert(hasher.finish(state), route);
    return true;
}

// --- looking up -----------------------------------------------------------------------------------------------------

const RouteTable::Tables::HostNode* RouteTable::Tables::find_node(std::uint64_t state, std::string_view name,
                                                                  LookupSteps& steps) const noexcept {
    const std::uint32_t found =
        names.find(hasher.finish(state), steps, [&](std::uint32_t node) { return nodes[node].name == name; });
    return found == no_route ? nullptr : &nodes[found];
}

// From the end of the host to its front, so that each step adds a label to the hash. What is found later is longer, and
// so more specific.
const RouteTable::Tables::HostRules* RouteTable::Tables::find_host(std::string_view host,
                                                                   LookupSteps& steps) const noexcept {
    std::uint64_t state = hasher.start();
    std::uint32_t best = default_host;
    std::size_t end = host.size();
    for (std::size_t labels = 1;; ++labels) {
        const std::size_t dot = host.substr(0, end).rfind('.');
        const bool whole = dot == std::string_view::npos;
        const std::size_t begin = whole ? 0 : dot + 1;
        state = hasher.piece(state, host.substr(begin, end - begin));
        if (whole) {
            const HostNode* node = find_node(state, host, steps);
            best = node != nullptr && node->exact != no_route ? node->exact : best;
            break;
        }
        if (labels <= suffix_labels_max) {
            if (const HostNode* node = find_node(state, host.substr(begin), steps)) {
                const bool parent = host.substr(0, dot).find('.') == std::string_view::npos;
                const std::uint32_t fits = parent && node->one_label != no_route ? node->one_label : node->any_labels;
                best = fits != no_route ? fits : best;
            }
        }
        end = dot;
    }
    return best == no_route ? nullptr : &hosts[best];
}

std::uint64_t RouteTable::Tables::path_start(const HostRules& rules, PathRule::Kind kind) const noexcept {
    const auto host = static_cast<std::uint64_t>(&rules - hosts.data());
    return hasher.number(hasher.start(), host << 2 | static_cast<std::uint64_t>(kind));
}

std::uint32_t RouteTable::Tables::find_exact_path(const HostRules& rules, PathRule::Kind kind, std::uint64_t state,
                                                  std::string_view path, LookupSteps& steps) const noexcept {
    return paths.find(hasher.finish(state), steps, [&](std::uint32_t route) {
        return &hosts[owner[route]] == &rules && routes[route].path.kind == kind && routes[route].path.path == path;
    });
}

std::uint32_t RouteTable::Tables::find_path(const HostRules& rules, std::string_view reading,
                                            LookupSteps& steps) const noexcept {
    ++steps.readings;
    if (rules.has_equals) {
        const std::uint64_t state = hasher.piece(path_start(rules, PathRule::Kind::equals), reading);
        const std::uint32_t found = find_exact_path(rules, PathRule::Kind::equals, state, reading, steps);
        if (found != no_route) {
            return found;
        }
    }
    for (const std::uint32_t i : rules.expressions) {
        ++steps.expressions;
        if (expressions[i].regex.matches(reading)) {
            return expressions[i].route;
        }
    }
    std::uint32_t best = rules.everything;
    std::uint64_t state = path_start(rules, PathRule::Kind::prefix);
    std::size_t begin = 1;  // of the segment
    for (std::size_t segments = 0; segments < rules.segments_max && begin <= reading.size(); ++segments) {
        const std::size_t end = std::min(reading.find('/', begin), reading.size());
        state = hasher.piece(state, reading.substr(begin, end - begin));
        const std::uint32_t found =
            find_exact_path(rules, PathRule::Kind::prefix, state, reading.substr(0, end), steps);
        best = found != no_route ? found : best;
        begin = end + 1;
    }
    return best;
}

namespace {

// All readings have to meet the route that the first one meets. Apart, since it needs a buffer.
template <typename Find>
[[gnu::noinline]] bool all_meet(const PathReadings& readings, std::uint32_t& route, Find find) noexcept {
    PathBuffer buffer;
    route = find(readings.reading(0, buffer));
    for (std::size_t i = 1; i < readings.count(); ++i) {
        if (find(readings.reading(i, buffer)) != route) {
            return false;
        }
    }
    return true;
}

}  // namespace

RouteMatch RouteTable::Tables::find(std::string_view host, std::string_view path, LookupSteps& steps) const noexcept {
    RouteMatch match;
    const HostRules* rules = find_host(host, steps);
    if (rules == nullptr) {
        return match;
    }
    PathReadings readings;
    match.fault = readings.assign(path == "*" ? "/" : path);
    if (match.fault != PathFault::none) {
        match.outcome = RouteOutcome::bad_path;
        return match;
    }
    const auto find_reading = [&](std::string_view reading) { return find_path(*rules, reading, steps); };
    if (readings.is_plain()) {
        match.route = find_reading(readings.plain());
    } else if (!all_meet(readings, match.route, find_reading)) {
        match.outcome = RouteOutcome::ambiguous_path;
        match.route = 0;
        return match;
    }
    if (match.route == no_route) {
        match.outcome = RouteOutcome::unknown_path;
        match.route = 0;
        return match;
    }
    match.outcome = RouteOutcome::found;
    match.value = routes[match.route].value;
    return match;
}

// --- the table ------------------------------------------------------------------------------------------------------

RouteTable::RouteTable() : tables_(std::make_unique<const Tables>(0)) {}
RouteTable::RouteTable(std::unique_ptr<const Tables> tables) : tables_(std::move(tables)) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

Result<RouteTable, std::vector<Problem>> RouteTable::build(std::vector<Route> routes, std::uint64_t seed) {
    std::vector<Problem> problems;
    auto tables = std::make_unique<Tables>(seed);
    tables->add(std::move(routes), problems);
    if (!problems.empty()) {
        return problems;
    }
    return RouteTable(std::move(tables));
}

RouteMatch RouteTable::find(std::string_view host, std::string_view path, LookupSteps* steps) const noexcept {
    LookupSteps local;
    return tables_->find(host, path, steps != nullptr ? *steps : local);
}

const std::vector<Route>& RouteTable::routes() const noexcept {
    return tables_->routes;
}

}  // namespace ferrotunnel::http
