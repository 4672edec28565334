// Builds the tables of a RouteTable.
#include <algorithm>
#include <map>
#include <utility>

#include "base/limits.hpp"
#include "routes/route_tables.hpp"

namespace ferrotunnel::routes {
namespace {

using Tables = RouteTable::Tables;

std::size_t labels_of(std::string_view name) noexcept {
    return static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 1;
}

// The hash of a prefix, segment by segment.
std::uint64_t hash_of_prefix(const NameHasher& hasher, std::string_view prefix) noexcept {
    std::uint64_t state = path_start(hasher, false);
    while (!prefix.empty()) {
        const std::size_t end = std::min(prefix.find('/', 1), prefix.size());
        state = hasher.piece(state, prefix.substr(1, end - 1));
        prefix.remove_prefix(end);
    }
    return state;
}

// The number of slots of a hash table that is at most half full.
std::size_t slots_for(std::size_t entries) noexcept {
    std::size_t slots = 2;
    while (slots < entries * 2) {
        slots *= 2;
    }
    return entries == 0 ? 0 : slots;
}

std::string too_many_expressions(const Route& route) {
    static_assert(limits::http_path_regexes_per_host_max == 8);
    return "`" + route.host.text() + "` has more than 8 regular expressions for paths; `" + route.path.text() +
           "` is one too many" + (route.name.empty() ? "" : "; it belongs to " + route.name);
}

class Builder {
public:
    Builder(Tables& tables, std::vector<Route> routes) : tables_(tables) {
        tables_.routes = std::move(routes);
        tables_.values.reserve(tables_.routes.size());
    }

    std::vector<http::Problem> build() {
        for (std::uint32_t route = 0; route < tables_.routes.size(); ++route) {
            tables_.values.push_back(tables_.routes[route].value);
            tables_.infos[host_of(tables_.routes[route].host)].routes.push_back(route);
        }
        add_names();
        for (std::size_t host = 0; host < tables_.hosts.size(); ++host) {
            add_host(tables_.hosts[host], tables_.infos[host].routes);
        }
        std::vector<http::Problem> problems;
        for (auto& [route, problem] : problems_) {
            problems.push_back(std::move(problem));
        }
        return problems;
    }

private:
    std::uint32_t host_of(const http::HostPattern& pattern) {
        const auto next = static_cast<std::uint32_t>(tables_.hosts.size());
        const auto [at, is_new] = host_by_text_.try_emplace(pattern.text(), next);
        if (is_new) {
            tables_.hosts.emplace_back();
            tables_.infos.push_back({pattern, {}});
        }
        return at->second;
    }

    void add_names() {
        tables_.name_slots.resize(slots_for(tables_.hosts.size()));
        for (std::uint32_t host = 0; host < tables_.hosts.size(); ++host) {
            const http::HostPattern& pattern = tables_.infos[host].pattern;
            if (pattern.kind == http::HostPattern::Kind::any) {
                tables_.default_host = host;
                continue;
            }
            Tables::NameSlot& slot = slot_of(pattern.host);
            if (pattern.kind == http::HostPattern::Kind::exact) {
                slot.exact = host;
                continue;
            }
            tables_.suffix_labels_max = std::max(tables_.suffix_labels_max, labels_of(pattern.host));
            (pattern.kind == http::HostPattern::Kind::one_label ? slot.one_label : slot.any_labels) = host;
        }
    }

    Tables::NameSlot& slot_of(std::string_view name) {
        const std::uint64_t hash = tables_.hasher.finish(hash_of_host(tables_.hasher, name));
        Tables::NameSlot& slot = tables_.name_slots[tables_.name_slot(hash, name, steps_)];
        if (slot.size == 0) {
            slot.hash = hash;
            slot.text_at = static_cast<std::uint32_t>(tables_.name_text.size());
            slot.size = static_cast<std::uint32_t>(name.size());
            tables_.name_text += name;
        }
        return slot;
    }

    void add_host(Tables::HostRules& rules, const std::vector<std::uint32_t>& routes) {
        const auto is_expression = [&](std::uint32_t route) {
            return tables_.routes[route].path.kind == http::PathRule::Kind::regex;
        };
        const auto hashed = std::count_if(routes.begin(), routes.end(), [&](std::uint32_t route) {
            return !is_expression(route) && tables_.routes[route].path != http::PathRule{};
        });
        rules.first_slot = static_cast<std::uint32_t>(tables_.path_slots.size());
        rules.slots = static_cast<std::uint32_t>(slots_for(static_cast<std::size_t>(hashed)));
        rules.first_expression = static_cast<std::uint32_t>(tables_.expressions.size());
        tables_.path_slots.resize(tables_.path_slots.size() + rules.slots);
        for (const std::uint32_t route : routes) {
            if (!(is_expression(route) ? add_expression(rules, route) : add_path(rules, route))) {
                const Route& second = tables_.routes[route];
                add_problem(route, "two rules are for `" + second.host.text() + "` `" + second.path.text() + "`" +
                                       (second.name.empty() ? "" : "; the second one belongs to " + second.name));
            }
        }
    }

    // This function and the next return false if the rule already exists.
    bool add_expression(Tables::HostRules& rules, std::uint32_t route) {
        http::PathRule& path = tables_.routes[route].path;
        const auto first = tables_.expressions.begin() + rules.first_expression;
        const auto same = [&](const Tables::Expression& other) { return tables_.routes[other.route].path == path; };
        if (std::any_of(first, tables_.expressions.end(), same)) {
            return false;
        }
        if (rules.expressions == limits::http_path_regexes_per_host_max) {
            add_problem(route, too_many_expressions(tables_.routes[route]));
            return true;
        }
        if (path.expression.text() != path.path) {
            auto regex = http::PathRegex::compile(path.path);
            if (!regex) {
                add_problem(route, "`" + path.text() + "` of `" + tables_.routes[route].host.text() + "` " +
                                       regex.error().text);
                return true;
            }
            path.expression = std::move(*regex);
        }
        tables_.expressions.push_back({path.expression, route});
        ++rules.expressions;
        return true;
    }

    bool add_path(Tables::HostRules& rules, std::uint32_t route) {
        const http::PathRule& path = tables_.routes[route].path;
        const bool equals = path.kind == http::PathRule::Kind::equals;
        if (!equals && path.path.empty()) {
            return std::exchange(rules.everything, route) == no_route;
        }
        const NameHasher& hasher = tables_.hasher;
        const std::uint64_t hash = hasher.finish(equals ? hasher.piece(path_start(hasher, true), path.path)
                                                        : hash_of_prefix(hasher, path.path));
        Tables::PathSlot& slot = tables_.path_slots[tables_.path_slot(rules, hash, path.path, equals, steps_)];
        if (slot.route != no_route) {
            return false;
        }
        slot = {hash, route, text_of(path.path) * 2 + (equals ? 1 : 0)};
        rules.has_equals |= equals;
        if (!equals) {
            rules.segments_max = std::max(rules.segments_max, static_cast<std::uint16_t>(http::segments_of(path.path)));
        }
        return true;
    }

    // Returns one text for all hosts with this path, so that it is in the cache for any of them.
    std::uint32_t text_of(std::string_view path) {
        const auto next = static_cast<std::uint32_t>(tables_.path_texts.size());
        const auto [at, is_new] = text_by_path_.try_emplace(path, next);
        if (is_new) {
            tables_.path_texts.push_back(path);
        }
        return at->second;
    }

    void add_problem(std::uint32_t route, std::string text) {
        problems_.emplace(route, http::Problem{std::move(text)});
    }

    Tables& tables_;
    LookupSteps steps_;
    std::unordered_map<std::string, std::uint32_t> host_by_text_;
    std::unordered_map<std::string_view, std::uint32_t> text_by_path_;
    std::map<std::uint32_t, http::Problem> problems_;  // by route: in the order in which the rules are written
};

}  // namespace

std::vector<http::Problem> build_tables(RouteTable::Tables& tables, std::vector<Route> routes) {
    return Builder(tables, std::move(routes)).build();
}

}  // namespace ferrotunnel::routes
