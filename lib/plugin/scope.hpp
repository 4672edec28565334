// The scope of a plugin instance: the hosts, paths and services that it is for, and the selection of a chain's
// instances for a request.
//
// Paths are compared as in the router (http/path_match.hpp): in canonical form, and in every way that a backend might
// read them. A path whose readings differ in the instances that run is rejected, so that no spelling bypasses a plugin.
// For the same reason a slash at the end does not count in "= /login": many backends serve "/login/" alike.
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

/// A scope as texts. An empty list matches everything.
struct ScopeTexts {
    std::vector<std::string> hosts;       // as http::parse_host_pattern accepts them; "*" is every host
    std::vector<std::string> paths;       // "/api" with everything below it, "= /status", "~ /v[0-9]+/.*"
    std::vector<std::string> services;    // names
    bool ignore_case = false;             // compare paths without the case of A to Z
    bool reject_ambiguous_paths = false;  // reject a path with several readings if the instance would run for it

    static ScopeTexts of(const PluginUse& use);
};

struct Scope {
    std::vector<http::HostPattern> hosts;
    std::vector<http::PathRule> paths;
    std::vector<std::string> services;
    bool ignore_case = false;
    bool reject_ambiguous_paths = false;

    bool is_everything() const noexcept { return hosts.empty() && paths.empty() && services.empty(); }
    /// Whether a request with this path is rejected if the instance is to run for it. That depends on its condition, so
    /// ScopeTable does not decide it.
    bool rejects(std::string_view path) const noexcept;
    bool has_host(std::string_view normal_host) const noexcept;
    bool has_service(std::string_view name) const noexcept;
    /// Whether one of the paths matches this reading of a path.
    bool has_reading(std::string_view reading) const noexcept;
};

/// A fault in a text, in words that follow the text; `item` is an index into the list `key`.
struct ScopeFault {
    const char* key;  // "hosts", "paths" or "services"
    std::size_t item;
    std::string text;
};

Result<Scope, std::vector<ScopeFault>> read_scope(const ScopeTexts& texts);

/// Instances of a chain, as bits by their positions.
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

/// The instances that run for a request according to their scopes.
struct InScope {
    ScopeOutcome outcome = ScopeOutcome::found;
    InstanceSet instances = 0;
};

/// The scopes of a chain, made once. Lookups do not allocate. Thread-safe.
class ScopeTable {
public:
    /// The scopes of the instances in their order, which must outlive this object.
    explicit ScopeTable(const std::vector<const Scope*>& scopes);

    /// `host` in normal form, `path` in canonical form and without the query.
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
