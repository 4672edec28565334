// Inside of RouteTable. One hash table has every name that a pattern speaks of: a lookup asks it for the host, then for
// what is behind the host's first dot, its second, and so on; each node knows the exact rule, the `*.` and the `**.`
// rule for its name. Another one has the paths of all hosts: prefixes are found segment by segment.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "http/name_hash.hpp"
#include "http/path_regex.hpp"
#include "http/route_table.hpp"

namespace ferrotunnel::http {

inline constexpr std::uint32_t no_route = std::numeric_limits<std::uint32_t>::max();

/// Open addressing, at most half full. A slot has the hash and what the owner makes of `value`.
class NameIndex {
public:
    struct Slot {
        std::uint64_t hash = 0;
        std::uint32_t value = no_route;
    };

    void reserve(std::size_t names) {
        std::size_t size = 4;
        while (size < names * 2) {
            size *= 2;
        }
        slots_.assign(size, {});
    }

    void insert(std::uint64_t hash, std::uint32_t value) {
        std::size_t at = hash & mask();
        while (slots_[at].value != no_route) {
            at = (at + 1) & mask();
        }
        slots_[at] = {hash, value};
    }

    /// The value with that hash for which `same(value)`; no_route if there is none.
    template <typename Same>
    std::uint32_t find(std::uint64_t hash, LookupSteps& steps, Same same) const {
        if (slots_.empty()) {
            return no_route;
        }
        for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
            ++steps.slots;
            const Slot& slot = slots_[at];
            if (slot.value == no_route) {
                return no_route;
            }
            if (slot.hash == hash) {
                ++steps.comparisons;
                if (same(slot.value)) {
                    return slot.value;
                }
            }
        }
    }

private:
    std::size_t mask() const noexcept { return slots_.size() - 1; }

    std::vector<Slot> slots_;
};

struct RouteTable::Tables {
    /// All rules of one pattern.
    struct HostRules {
        HostPattern pattern;
        std::vector<std::uint32_t> all;          // routes, for `explain`
        std::vector<std::uint32_t> expressions;  // into `Tables::expressions`, in their order
        std::uint32_t everything = no_route;     // the route of the prefix "/"
        std::size_t segments_max = 0;            // of its prefixes
        bool has_equals = false;
    };
    struct HostNode {
        std::string_view name;
        std::uint32_t exact = no_route;  // into `hosts`
        std::uint32_t one_label = no_route;
        std::uint32_t any_labels = no_route;
    };
    struct Expression {
        PathRegex regex;
        std::uint32_t route;
    };

    explicit Tables(std::uint64_t seed) : hasher(seed) {}

    /// Adds its problems.
    void add(std::vector<Route> all, std::vector<Problem>& problems);

    /// The rules for a host, or null.
    const HostRules* find_host(std::string_view host, LookupSteps& steps) const noexcept;
    /// The rules for one reading of a path.
    std::uint32_t find_path(const HostRules& rules, std::string_view reading, LookupSteps& steps) const noexcept;
    RouteMatch find(std::string_view host, std::string_view path, LookupSteps& steps) const noexcept;

    NameHasher hasher;
    std::vector<Route> routes;
    std::vector<HostRules> hosts;
    std::vector<HostNode> nodes;
    std::vector<Expression> expressions;
    std::vector<std::uint32_t> owner;  // of each route, into `hosts`
    NameIndex names;                   // -> nodes
    NameIndex paths;                   // -> routes
    std::uint32_t default_host = no_route;
    std::size_t suffix_labels_max = 0;  // of the names behind asterisks

private:
    std::uint32_t host_of(const HostPattern& pattern);
    void add_nodes();
    void add_paths(std::vector<Problem>& problems);
    bool add_path(std::uint32_t route, std::vector<Problem>& problems);

    const HostNode* find_node(std::uint64_t state, std::string_view name, LookupSteps& steps) const noexcept;
    std::uint64_t path_start(const HostRules& rules, PathRule::Kind kind) const noexcept;
    std::uint32_t find_exact_path(const HostRules& rules, PathRule::Kind kind, std::uint64_t state,
                                  std::string_view path, LookupSteps& steps) const noexcept;

    std::unordered_map<std::string, std::uint32_t> host_by_text_;  // while building
};

}  // namespace ferrotunnel::http
