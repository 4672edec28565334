#include "plugin/scope.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "http/field_name.hpp"
#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {
namespace {

using Faults = std::vector<ScopeFault>;

Result<http::PathRule, http::Problem> read_path(std::string_view text, bool ignore_case) {
    if (text.starts_with("= ")) {
        return http::parse_path_equals(text.substr(2));
    }
    if (text.starts_with("~ ")) {
        return http::parse_path_regex(text.substr(2), ignore_case);
    }
    return http::parse_path_prefix(text);
}

Result<std::string, http::Problem> read_service(std::string_view name) {
    constexpr std::size_t longest = 64;
    const bool fits = !name.empty() && name.size() <= longest &&
                      std::none_of(name.begin(), name.end(), [](char c) { return c <= ' ' || c > '~'; });
    if (!fits) {
        return http::Problem{"is not a valid service name"};
    }
    return std::string(name);
}

/// Reads all texts of a list by `read`, which returns a value or a problem.
template <typename Value, typename Read>
void read_list(const char* key, const std::vector<std::string>& texts, std::vector<Value>& into, Faults& faults,
               Read read) {
    if (texts.size() > limits::plugin_scope_max) {
        faults.push_back({key, limits::plugin_scope_max,
                          "is one too many; the limit is " + std::to_string(limits::plugin_scope_max)});
        return;
    }
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto value = read(texts[i]);
        if (value) {
            into.push_back(std::move(*value));
        } else {
            faults.push_back({key, i, value.error().text});
        }
    }
}

void count_expressions(const std::vector<http::PathRule>& paths, Faults& faults) {
    std::size_t expressions = 0;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        expressions += paths[i].kind == http::PathRule::Kind::regex ? 1 : 0;
        if (expressions > limits::plugin_scope_regexes_max) {
            faults.push_back({"paths", i,
                              "is one regular expression too many; the limit is " +
                                  std::to_string(limits::plugin_scope_regexes_max)});
            return;
        }
    }
}

std::string_view without_final_slash(std::string_view path) noexcept {
    return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

bool is_for(const http::PathRule& rule, std::string_view reading, bool ignore_case) noexcept {
    const auto is_same = [ignore_case](std::string_view a, std::string_view b) {
        return ignore_case ? http::same_text(a, b) : a == b;
    };
    switch (rule.kind) {
        case http::PathRule::Kind::equals:
            return is_same(without_final_slash(reading), without_final_slash(rule.path));
        case http::PathRule::Kind::regex:
            return rule.expression.matches(reading);
        case http::PathRule::Kind::prefix:
            break;
    }
    const std::size_t size = rule.path.size();
    return is_same(reading.substr(0, size), rule.path) && (reading.size() == size || reading[size] == '/');
}

}  // namespace

bool Scope::has_host(std::string_view normal_host) const noexcept {
    return hosts.empty() || std::any_of(hosts.begin(), hosts.end(), [normal_host](const http::HostPattern& pattern) {
               return pattern.matches(normal_host);
           });
}

bool Scope::has_service(std::string_view name) const noexcept {
    return services.empty() || std::find(services.begin(), services.end(), name) != services.end();
}

bool Scope::has_reading(std::string_view reading) const noexcept {
    return paths.empty() || std::any_of(paths.begin(), paths.end(),
                                        [&](const http::PathRule& rule) { return is_for(rule, reading, ignore_case); });
}

bool Scope::rejects(std::string_view path) const noexcept {
    http::PathReadings readings;
    return reject_ambiguous_paths && path != "*" &&
           (readings.assign(path) != http::PathFault::none || readings.count() > 1);
}

ScopeTexts ScopeTexts::of(const PluginUse& use) {
    return {use.hosts, use.paths, use.services, use.ignore_case, use.reject_ambiguous_paths};
}

Result<Scope, Faults> read_scope(const ScopeTexts& texts) {
    Scope scope;
    scope.ignore_case = texts.ignore_case;
    scope.reject_ambiguous_paths = texts.reject_ambiguous_paths;
    Faults faults;
    read_list("hosts", texts.hosts, scope.hosts, faults, http::parse_host_pattern);
    read_list("paths", texts.paths, scope.paths, faults,
              [&](std::string_view text) { return read_path(text, texts.ignore_case); });
    read_list("services", texts.services, scope.services, faults, read_service);
    if (faults.empty()) {
        count_expressions(scope.paths, faults);
    }
    if (!faults.empty()) {
        return faults;
    }
    return scope;
}

// --- the table ------------------------------------------------------------------------------------------------------

ScopeTable::ScopeTable(const std::vector<const Scope*>& scopes) {
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        const Scope& scope = *scopes[i];
        if (scope.is_everything()) {
            everywhere_ |= bit_of(i);
            continue;
        }
        scoped_.push_back({bit_of(i), &scope});
        with_paths_ |= scope.paths.empty() ? 0 : bit_of(i);
        const bool has_expression = std::any_of(scope.paths.begin(), scope.paths.end(), [](const auto& rule) {
            return rule.kind == http::PathRule::Kind::regex;
        });
        with_expressions_ |= has_expression ? bit_of(i) : 0;
    }
}

InScope ScopeTable::find(std::string_view host, std::string_view service, std::string_view path) const noexcept {
    InstanceSet candidates = 0;
    for (const Entry& entry : scoped_) {
        if (entry.scope->has_host(host) && entry.scope->has_service(service)) {
            candidates |= entry.bit;
        }
    }
    const InScope found{ScopeOutcome::found, everywhere_ | (candidates & ~with_paths_)};
    return (candidates & with_paths_) == 0 ? found : find_by_path(found, candidates & with_paths_, path);
}

// Adds the candidates whose paths match every reading. A separate function, since it needs a buffer.
[[gnu::noinline]] InScope ScopeTable::find_by_path(InScope found, InstanceSet candidates,
                                                   std::string_view path) const noexcept {
    http::PathReadings readings;
    const bool too_long = (candidates & with_expressions_) != 0 && path.size() > limits::http_path_regex_path_max;
    if (too_long || readings.assign(path == "*" ? "/" : path) != http::PathFault::none) {
        found.outcome = ScopeOutcome::bad_path;
        return found;
    }
    const auto find_reading = [&](std::string_view reading) {
        InstanceSet fitting = 0;
        for (const Entry& entry : scoped_) {
            fitting |= (entry.bit & candidates) != 0 && entry.scope->has_reading(reading) ? entry.bit : 0;
        }
        return fitting;
    };
    http::PathBuffer buffer;
    const InstanceSet fitting = find_reading(readings.reading(0, buffer));
    for (std::size_t i = 1; i < readings.count(); ++i) {
        if (find_reading(readings.reading(i, buffer)) != fitting) {
            found.outcome = ScopeOutcome::ambiguous_path;
            return found;
        }
    }
    found.instances |= fitting;
    return found;
}

}  // namespace ferrotunnel::plugin
