// Data structures of RouteTable. One hash table has every name that a pattern mentions: a lookup searches it for the
// part after the host's last dot, then after the one before it, and so on, and at last for the host; each slot has the
// exact rule, the `*.` and the `**.` rule for its name. Each host has a hash table of its paths, in which prefixes are
// found segment by segment. The data of a lookup is small and close together, since with many hosts it is not in the
// cache.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/name_hash.hpp"
#include "http/path_regex.hpp"
#include "routes/route_table.hpp"

namespace ferrotunnel::routes {

inline constexpr std::uint32_t no_route = std::numeric_limits<std::uint32_t>::max();

struct RouteTable::Tables {
    /// All rules of one pattern.
    struct HostRules {
        std::uint32_t everything = no_route;  // the route of the prefix "/"
        std::uint32_t first_slot = 0;         // start of its part of `path_slots`, at most half full
        std::uint32_t slots = 0;              // a power of two, or 0
        std::uint32_t first_expression = 0;   // start of its part of `expressions`, in their order
        std::uint32_t expressions = 0;
        std::uint16_t segments_max = 0;  // of its longest prefix
        bool has_equals = false;
    };
    /// The parts of a pattern that only `explain` needs; the same indexes as `hosts`.
    struct HostInfo {
        http::HostPattern pattern;
        std::vector<std::uint32_t> routes;
    };
    /// A name that patterns mention, with indexes into `hosts`. A slot without a name is empty.
    struct NameSlot {
        std::uint64_t hash = 0;
        std::uint32_t text_at = 0;  // the position in `name_text`
        std::uint32_t size = 0;
        std::uint32_t exact = no_route;
        std::uint32_t one_label = no_route;
        std::uint32_t any_labels = no_route;
    };
    struct PathSlot {
        std::uint64_t hash = 0;
        std::uint32_t route = no_route;  // an empty slot has none
        std::uint32_t text = 0;          // an index into `path_texts`, doubled; plus 1 for an equal path
    };
    struct Expression {
        http::PathRegex regex;
        std::uint32_t route;
    };

    explicit Tables(std::uint64_t seed) : hasher(seed) {}

    /// The rules for a host. Null if there are none.
    const HostRules* find_host(std::string_view host, LookupSteps& steps) const noexcept;
    /// The rule for one reading of a path.
    std::uint32_t find_path(const HostRules& rules, std::string_view reading, LookupSteps& steps) const noexcept;
    RouteMatch find(std::string_view host, std::string_view path, LookupSteps& steps) const noexcept;

    const HostInfo& info_of(const HostRules& rules) const {
        return infos[static_cast<std::size_t>(&rules - hosts.data())];
    }

    /// The slot of the name, or the empty slot for it. The table must have slots.
    std::size_t name_slot(std::uint64_t hash, std::string_view name, LookupSteps& steps) const noexcept;
    /// Likewise for a path; the host must have slots.
    std::size_t path_slot(const HostRules& rules, std::uint64_t hash, std::string_view path, bool equals,
                          LookupSteps& steps) const noexcept;

    NameHasher hasher;
    std::uint32_t default_host = no_route;
    std::size_t suffix_labels_max = 0;  // the most labels after asterisks
    std::vector<NameSlot> name_slots;   // a power of two, at most half full
    std::string name_text;
    std::vector<HostRules> hosts;
    std::vector<PathSlot> path_slots;
    std::vector<std::string_view> path_texts;  // each path once, a view into `routes`
    std::vector<Expression> expressions;
    std::vector<std::uint32_t> values;  // of the routes, by their index
    std::vector<HostInfo> infos;
    std::vector<Route> routes;

private:
    const NameSlot* find_name(std::uint64_t state, std::string_view name, LookupSteps& steps) const noexcept;
};

/// Fills new tables with routes. After a problem the tables must not be used; all problems are reported, in the order
/// of the routes.
std::vector<http::Problem> build_tables(RouteTable::Tables& tables, std::vector<Route> routes);

/// The hash of a whole host name, label by label from its end.
std::uint64_t hash_of_host(const NameHasher& hasher, std::string_view name) noexcept;
/// The initial state of the hash of an equal path or of a prefix.
inline std::uint64_t path_start(const NameHasher& hasher, bool equals) noexcept {
    return equals ? hasher.number(hasher.start(), 1) : hasher.start();
}

}  // namespace ferrotunnel::routes
