// Where an instance of a plugin runs: the hosts, paths and services that it is for, and the instances of a chain that
// are for one request.
//
// Paths are compared as the router does (http/path_match.hpp), in canonical form and by what a backend might read. A
// path of which two readings differ in who runs is refused, so that no spelling of it gets past a plugin. For the same
// reason a slash at the end plays no part in "= /login": many backends serve "/login/" alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "http/host_pattern.hpp"
#include "http/path_match.hpp"

namespace ferrotunnel::plugin {

/// A scope as people write it. An empty list is for everything.
struct ScopeTexts {
    std::vector<std::string> hosts;       // as http::parse_host_pattern takes them; "*" is every host
    std::vector<std::string> paths;       // "/api" and what is below it, "= /status", "~ /v[0-9]+/.*"
    std::vector<std::string> services;    // names
    bool ignore_case = false;             // paths are compared without the case of A to Z
    bool reject_ambiguous_paths = false;  // a path with several readings is refused where the instance would run

    static ScopeTexts of(const PluginUse& use);
};

struct Scope {
    std::vector<http::HostPattern> hosts;
    std::vector<http::PathRule> paths;
    std::vector<std::string> services;
    bool ignore_case = false;
    bool reject_ambiguous_paths = false;

    bool is_everything() const noexcept { return hosts.empty() && paths.empty() && services.empty(); }
    /// Whether a request with this path is refused if the instance is to run for it: that is known only when its
    /// condition has been looked at, so ScopeTable does not decide it.
    bool rejects(std::string_view path) const noexcept;
    bool has_host(std::string_view normal_host) const noexcept;
    bool has_service(std::string_view name) const noexcept;
    /// Whether one of the paths is for this reading of a path.
    bool has_reading(std::string_view reading) const noexcept;
};

/// What is wrong with a text, in words that follow it; `item` is an index into the list `key`.
struct ScopeFault {
    const char* key;  // "hosts", "paths" or "services"
    std::size_t item;
    std::string text;
};

Result<Scope, std::vector<ScopeFault>> read_scope(const ScopeTexts& texts);

/// Instances of a chain, as bits by their places.
using InstanceSet = std::uint64_t;
static_assert(limits::plugin_instances_max <= 64);

constexpr InstanceSet bit_of(std::size_t instance) noexcept {
    return InstanceSet{1} << instance;
}

enum class ScopeOutcome : std::uint8_t {
    found,
    ambiguous_path,  // two readings of the path differ in which instances run
    bad_path,        // no visitor may send it, or it is too long for the expressions
};

/// Who runs for a request as far as scopes say it.
struct InScope {
    ScopeOutcome outcome = ScopeOutcome::found;
    InstanceSet instances = 0;
};

/// The scopes of a chain, made once. Lookups allocate nothing. Any thread.
class ScopeTable {
public:
    /// The scopes of the instances in their order, which outlive this.
    explicit ScopeTable(const std::vector<const Scope*>& scopes);

    /// `host` in normal form, `path` in canonical form and without query.
    InScope find(std::string_view host, std::string_view service, std::string_view path) const noexcept;

private:
    struct Entry {
        InstanceSet bit;
        const Scope* scope;
    };

    InScope find_by_path(InScope found, InstanceSet candidates, std::string_view path) const noexcept;

    InstanceSet everywhere_ = 0;
    std::vector<Entry> scoped_;
    InstanceSet with_paths_ = 0;
    InstanceSet with_expressions_ = 0;
};

}  // namespace ferrotunnel::plugin
