#include "routes/route_table.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/limits.hpp"
#include "routes/route_tables.hpp"

namespace ferrotunnel::routes {
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

// --- looking up -----------------------------------------------------------------------------------------------------

std::size_t RouteTable::Tables::name_slot(std::uint64_t hash, std::string_view name,
                                          LookupSteps& steps) const noexcept {
    const std::size_t mask = name_slots.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        ++steps.slots;
        const NameSlot& slot = name_slots[at];
        if (slot.size == 0) {
            return at;
        }
        if (slot.hash == hash) {
            ++steps.comparisons;
            if (std::string_view(name_text.data() + slot.text_at, slot.size) == name) {
                return at;
            }
        }
    }
}

std::size_t RouteTable::Tables::path_slot(const HostRules& rules, std::uint64_t hash, std::string_view path,
                                          bool equals, LookupSteps& steps) const noexcept {
    const std::size_t mask = rules.slots - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        ++steps.slots;
        const PathSlot& slot = path_slots[rules.first_slot + at];
        if (slot.route == no_route) {
            return rules.first_slot + at;
        }
        if (slot.hash == hash && (slot.text & 1) == (equals ? 1 : 0)) {
            ++steps.comparisons;
            if (path_texts[slot.text / 2] == path) {
                return rules.first_slot + at;
            }
        }
    }
}

const RouteTable::Tables::NameSlot* RouteTable::Tables::find_name(std::uint64_t state, std::string_view name,
                                                                  LookupSteps& steps) const noexcept {
    if (name_slots.empty()) {
        return nullptr;
    }
    const NameSlot& slot = name_slots[name_slot(hasher.finish(state), name, steps)];
    return slot.size == 0 ? nullptr : &slot;
}

// Searches from the end of the host to its front, so that each step adds a label to the hash. A rule that is found
// later has a longer name, and so is more specific.
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
            const NameSlot* slot = find_name(state, host, steps);
            best = slot != nullptr && slot->exact != no_route ? slot->exact : best;
            break;
        }
        if (labels <= suffix_labels_max) {
            if (const NameSlot* slot = find_name(state, host.substr(begin), steps)) {
                const bool parent = host.substr(0, dot).find('.') == std::string_view::npos;
                const std::uint32_t fits = parent && slot->one_label != no_route ? slot->one_label : slot->any_labels;
                best = fits != no_route ? fits : best;
            }
        }
        end = dot;
    }
    return best == no_route ? nullptr : &hosts[best];
}

std::uint32_t RouteTable::Tables::find_path(const HostRules& rules, std::string_view reading,
                                            LookupSteps& steps) const noexcept {
    ++steps.readings;
    if (rules.has_equals) {
        const std::uint64_t hash = hasher.finish(hasher.piece(path_start(hasher, true), reading));
        const PathSlot& slot = path_slots[path_slot(rules, hash, reading, true, steps)];
        if (slot.route != no_route) {
            return slot.route;
        }
    }
    for (std::size_t i = rules.first_expression; i < rules.first_expression + rules.expressions; ++i) {
        ++steps.expressions;
        if (expressions[i].regex.matches(reading)) {
            return expressions[i].route;
        }
    }
    std::uint32_t best = rules.everything;
    std::uint64_t state = path_start(hasher, false);
    std::size_t begin = 1;  // start of the segment
    for (std::size_t segments = 0; segments < rules.segments_max && begin <= reading.size(); ++segments) {
        const std::size_t end = std::min(reading.find('/', begin), reading.size());
        state = hasher.piece(state, reading.substr(begin, end - begin));
        const std::size_t at = path_slot(rules, hasher.finish(state), reading.substr(0, end), false, steps);
        best = path_slots[at].route != no_route ? path_slots[at].route : best;
        begin = end + 1;
    }
    return best;
}

namespace {

// Whether all readings match the route of the first one. A separate function, since it needs a buffer.
template <typename Find>
[[gnu::noinline]] bool all_match(const http::PathReadings& readings, std::uint32_t& route, Find find) noexcept {
    http::PathBuffer buffer;
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
    http::PathReadings readings;
    match.fault = readings.assign(path == "*" ? "/" : path);
    if (match.fault == http::PathFault::none && rules->expressions > 0 &&
        path.size() > limits::http_path_regex_path_max) {
        match.fault = http::PathFault::too_long_to_match;
    }
    if (match.fault != http::PathFault::none) {
        match.outcome = RouteOutcome::bad_path;
        return match;
    }
    const auto find_reading = [&](std::string_view reading) { return find_path(*rules, reading, steps); };
    if (readings.is_plain()) {
        match.route = find_reading(readings.plain());
    } else if (!all_match(readings, match.route, find_reading)) {
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
    match.value = values[match.route];
    return match;
}

// --- the table ------------------------------------------------------------------------------------------------------

RouteTable::RouteTable() : tables_(std::make_unique<const Tables>(0)) {}
RouteTable::RouteTable(std::unique_ptr<const Tables> tables) : tables_(std::move(tables)) {}
RouteTable::~RouteTable() = default;
RouteTable::RouteTable(RouteTable&&) noexcept = default;
RouteTable& RouteTable::operator=(RouteTable&&) noexcept = default;

Result<RouteTable, std::vector<http::Problem>> RouteTable::build(std::vector<Route> routes, std::uint64_t seed) {
    auto tables = std::make_unique<Tables>(seed);
    std::vector<http::Problem> problems = build_tables(*tables, std::move(routes));
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

}  // namespace ferrotunnel::routes
