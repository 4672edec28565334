// Check of a server's plugins, and the engine's form.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "ferrotunnel/secret.hpp"
#include "settings/plugin_scope.hpp"
#include "settings/plugins.hpp"

namespace ferrotunnel::detail {
namespace {

/// The default name of an instance: that of its type, with a number if it is not the first.
std::string usual_id(const std::string& type, const std::set<std::string>& taken) {
    std::string id = type;
    for (std::size_t i = 2; taken.contains(id); ++i) {
        id = type + "-" + std::to_string(i);
    }
    return id;
}

Result<plugin::Prepared, std::vector<config::Finding>> prepare(const PluginSpec& spec) {
    const PluginUse& use = spec.use;
    return spec.settings ? plugin::prepare(use.library, use.type, *spec.settings)
                         : plugin::prepare(use.library, use.type, use.settings, {read_secret_file, {}});
}

plugin::InstanceOptions options_of(const PluginUse& use, const plugin::Type& type, const std::set<std::string>& taken) {
    plugin::InstanceOptions options;
    options.id = use.id.empty() ? usual_id(type.name, taken) : use.id;
    options.closed = use.on_failure == PluginFailure::usual ? type.is_guard : use.on_failure == PluginFailure::closed;
    options.observe = use.observe;
    return options;
}

/// What is wrong with a plugin that looks up tokens; `before`: the plugins in front of it.
std::optional<std::string> fault_of_token_lookup(const std::vector<PreparedPlugin>& before,
                                                 const plugin::InstanceOptions& options) {
    if (any_looks_up_tokens(before)) {
        return "looks up tokens, and another plugin already does: remove one of them";
    }
    if (options.observe) {
        return "looks up tokens, so its `mode` cannot be `observe`";
    }
    const plugin::Scope& scope = options.scope;
    if (options.when || !scope.hosts.empty() || !scope.paths.empty() || !scope.services.empty()) {
        return "looks up tokens, so `hosts`, `paths`, `services` and `when` cannot be set";
    }
    return std::nullopt;
}

}  // namespace

bool any_looks_up_tokens(const std::vector<PreparedPlugin>& plugins) noexcept {
    return std::any_of(plugins.begin(), plugins.end(),
                       [](const PreparedPlugin& each) { return each.prepared.looks_up_tokens; });
}

std::vector<ClientPlugin> usual_client_plugins() {
    return {{.type = "auth"}, {.type = "ip-filter"}, {.type = "rate-limit"}};
}

void check_client_plugins(const std::vector<ClientPlugin>& types, std::size_t plugins, std::vector<Problem>& problems) {
    for (std::size_t i = 0; i < types.size(); ++i) {
        const std::string key = "client_plugins[" + std::to_string(i) + "]";
        if (!plugin::is_type_name(types[i].type)) {
            problems.push_back({key, "is not a valid plugin type"});
        } else if (types[i].library != nullptr) {
            if (const auto fault = plugin::fault_for_clients(types[i].library, types[i].type)) {
                problems.push_back({key, *fault});
            }
        }
    }
    // A chain that is too long for any setting is reported by prepare_plugins.
    if (!types.empty() && plugins > limits::plugin_instances_of_operator_max &&
        plugins <= limits::plugin_instances_max) {
        problems.push_back({"plugins", "are " + std::to_string(plugins) + "; there may be up to " +
                                           std::to_string(limits::plugin_instances_of_operator_max) +
                                           " if clients may request plugins too"});
    }
}

Result<std::string, config::FileError> read_secret_file(const std::string& path) {
    try {
        return std::string(Secret::from_file(path).reveal());
    } catch (const config_error& error) {
        return config::FileError{error.problems().front().text};
    }
}

std::optional<std::string> plugin_id_fault(const std::string& id) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    return id.size() <= 64 && std::all_of(id.begin(), id.end(), fits)
               ? std::nullopt
               : std::optional<std::string>("must have up to 64 letters, digits, '-', '_' and '.'");
}

std::vector<PreparedPlugin> prepare_plugins(const std::vector<PluginSpec>& specs, std::vector<Problem>& problems) {
    std::vector<PreparedPlugin> prepared;
    std::set<std::string> ids;
    if (specs.size() > limits::plugin_instances_max) {
        problems.push_back({"plugins", "are " + std::to_string(specs.size()) + "; there may be up to " +
                                           std::to_string(limits::plugin_instances_max)});
        return prepared;
    }
    for (std::size_t i = 0; i < specs.size(); ++i) {
        const PluginUse& use = specs[i].use;
        const std::string key = "plugins[" + std::to_string(i) + "]";
        if (use.library == nullptr) {
            problems.push_back({key, "has no library"});
            continue;
        }
        auto made = prepare(specs[i]);
        if (!made) {
            for (const config::Finding& finding : made.error()) {
                problems.push_back({key + (finding.path.empty() ? "" : "." + finding.path), finding.text});
            }
            continue;
        }
        const std::optional<std::string> fault =
            ids.contains(use.id) ? "is used by another plugin too" : plugin_id_fault(use.id);
        if (fault) {
            problems.push_back({key + ".id", *fault});
            continue;
        }
        plugin::InstanceOptions options = options_of(use, made->type, ids);
        const std::size_t right = problems.size();
        compile_plugin_scope(use, key, options, problems);
        if (problems.size() > right) {
            continue;
        }
        if (auto wrong = made->looks_up_tokens ? fault_of_token_lookup(prepared, options) : std::nullopt) {
            problems.push_back({key, std::move(*wrong)});
            continue;
        }
        ids.insert(options.id);
        prepared.push_back({std::move(*made), std::move(options)});
    }
    return prepared;
}

}  // namespace ferrotunnel::detail
