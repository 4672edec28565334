#include "settings/plugins.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/limits.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::detail {
namespace {

/// Secrets of settings that stand in a program: there is nothing to warn of, and no folder that paths begin at.
config::SecretSource secret_source() {
    return {[](const std::string& path) -> Result<std::string, config::FileError> {
                try {
                    return std::string(Secret::from_file(path).reveal());
                } catch (const config_error& error) {
                    return config::FileError{error.problems().front().text};
                }
            },
            {}};
}

bool is_id(const std::string& id) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    return id.size() <= 64 && std::all_of(id.begin(), id.end(), fits);
}

/// The name of an instance that was given none: that of its type, with a number where it is not the first.
std::string usual_id(const std::string& type, const std::set<std::string>& taken) {
    std::string id = type;
    for (std::size_t i = 2; taken.contains(id); ++i) {
        id = type + "-" + std::to_string(i);
    }
    return id;
}

}  // namespace

std::vector<PreparedUse> prepare_plugins(const std::vector<PluginUse>& uses, std::vector<Problem>& problems) {
    std::vector<PreparedUse> prepared;
    std::set<std::string> ids;
    if (uses.size() > limits::plugin_instances_max) {
        problems.push_back({"plugins", "are " + std::to_string(uses.size()) + "; there may be up to " +
                                           std::to_string(limits::plugin_instances_max)});
        return prepared;
    }
    for (std::size_t i = 0; i < uses.size(); ++i) {
        const PluginUse& use = uses[i];
        const std::string key = "plugins[" + std::to_string(i) + "]";
        if (use.library == nullptr) {
            problems.push_back({key, "has no library"});
            continue;
        }
        auto made = plugin::prepare(use.library, use.type, use.settings, secret_source());
        if (!made) {
            for (const config::Finding& finding : made.error()) {
                problems.push_back({key + (finding.path.empty() ? "" : "." + finding.path), finding.text});
            }
            continue;
        }
        if (!is_id(use.id) || ids.contains(use.id)) {
            problems.push_back({key + ".id", is_id(use.id)
                                                 ? "is another plugin's too"
                                                 : "has to be of letters, digits, '-', '_' and '.', up to 64"});
            continue;
        }
        plugin::InstanceOptions options;
        options.id = use.id.empty() ? usual_id(made->type.name, ids) : use.id;
        options.closed =
            use.on_failure == PluginFailure::usual ? made->type.is_guard : use.on_failure == PluginFailure::closed;
        options.observe = use.observe;
        ids.insert(options.id);
        prepared.push_back({std::move(*made), std::move(options)});
    }
    return prepared;
}

}  // namespace ferrotunnel::detail
