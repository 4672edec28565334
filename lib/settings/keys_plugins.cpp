// The plugins of a configuration file: which libraries are loaded, and the chain in its order.
//
//   plugins:
//     load: [geo.so]
//     chain:
//       - headers: {request: {remove: Cookie}}
//         id: no-cookies
//         on_failure: open
//         mode: observe
#include <algorithm>
#include <utility>

#include "plugin/loader.hpp"
#include "settings/keys_sections.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Section;
using config::Value;

/// The types that a chain may name: those that were loaded, and those that are shipped.
class PluginTypes {
public:
    /// Loads a library, whose types can be named from then on.
    void load(const Value& value) {
        const std::optional<std::string> file = value.path();
        if (!file) {
            return;
        }
        if (const std::optional<std::string> fault = add(*file)) {
            value.problem("the plugin " + *file + " " + *fault);
        }
    }
    /// The type of that name; null, and a problem at its key, where there is none.
    const plugin::Type* find(const std::string& name, const Value& value, ft_entry& library) {
        if (!known(name) && plugin::is_shipped(name)) {
            if (const std::optional<std::string> fault = add(plugin::shipped_file(name))) {
                value.problem_at_key("the plugin " + plugin::shipped_file(name) + " " + *fault);
                return nullptr;
            }
        }
        if (const Known* type = known(name)) {
            library = type->library;
            return &type->type;
        }
        std::vector<std::string> names = plugin::shipped_types();
        for (const Known& each : all_) {
            names.push_back(each.type.name);
        }
        value.problem_at_key(names.empty() ? "there is no such plugin: none is loaded or installed"
                                           : config::no_such_key(name, names));
        return nullptr;
    }

private:
    struct Known {
        ft_entry library;
        plugin::Type type;
    };

    const Known* known(const std::string& name) const {
        const auto found =
            std::find_if(all_.begin(), all_.end(), [&](const Known& each) { return each.type.name == name; });
        return found == all_.end() ? nullptr : &*found;
    }
    std::optional<std::string> add(const std::string& file) {
        const Result<plugin::Loaded, std::string> library = plugin::load(file);
        if (!library) {
            return library.error();
        }
        Result<std::vector<plugin::Type>, std::string> types = plugin::read_library(library->entry);
        if (!types) {
            return "can not be used: " + types.error();
        }
        for (plugin::Type& type : *types) {
            if (known(type.name) != nullptr) {
                return "has a type `" + type.name + "`, which another one has too";
            }
            all_.push_back({library->entry, std::move(type)});
        }
        return std::nullopt;
    }

    std::vector<Known> all_;
};

config::SecretSource secrets_of(ConfigReading& reading) {
    return {read_secret_file, [&reading](const Value& value) { warn_of_written_out(value, "a secret", reading); }};
}

// Reads what every instance may say, beside its type.
void read_use(Section& group, PluginUse& use) {
    if (auto id = group.find("id")) {
        config::assign(use.id, id->word());
        if (const auto fault = plugin_id_fault(use.id)) {
            id->problem(*fault);
        }
    }
    if (auto policy = group.find("on_failure")) {
        if (const auto chosen = policy->choice({"closed", "open"})) {
            use.on_failure = *chosen == 0 ? PluginFailure::closed : PluginFailure::open;
        }
    }
    if (auto mode = group.find("mode")) {
        if (const auto chosen = mode->choice({"act", "observe"})) {
            use.observe = *chosen == 1;
        }
    }
}

// Reads the settings, and lets the type look at them. False: something is wrong with them.
bool read_plugin_settings(const Value& value, const plugin::Type& type, PluginSpec& spec, ConfigReading& reading) {
    if (!type.schema) {
        if (value.node().kind != config::Node::Kind::nothing) {
            value.problem("this plugin has no settings");
        }
        spec.settings.emplace();
        return value.node().kind == config::Node::Kind::nothing;
    }
    spec.settings = type.schema->check(value, secrets_of(reading));
    if (!spec.settings) {
        return false;
    }
    const auto prepared = plugin::prepare(spec.use.library, spec.use.type, *spec.settings);
    if (prepared) {
        return true;
    }
    for (const config::Finding& finding : prepared.error()) {
        value.context().report.add(finding.place.line != 0 ? finding.place : value.place(),
                                   joined_path(value.key_path(), finding.path), finding.text);
    }
    return false;
}

void read_instance(const Value& value, PluginTypes& types, std::vector<PluginSpec>& plugins, ConfigReading& reading) {
    Section group = value.section();
    PluginSpec spec;
    read_use(group, spec.use);
    std::vector<std::pair<std::string, Value>> rest;
    for (auto& [key, each] : group.all()) {
        if (key != "id" && key != "on_failure" && key != "mode") {
            rest.emplace_back(key, each);
        }
    }
    if (rest.size() != 1) {
        if (value.is_group()) {
            group.problem(rest.empty() ? "no plugin is named here: expected one, like `headers: {...}`"
                                       : "two plugins are named here, " + rest[0].first + " and " + rest[1].first +
                                             "; each is an item of the list");
        }
        return;
    }
    const auto& [name, settings] = rest.front();
    const plugin::Type* const type = types.find(name, settings, spec.use.library);
    if (type == nullptr) {
        return;
    }
    spec.use.type = name;
    if (read_plugin_settings(settings, *type, spec, reading)) {
        plugins.push_back(std::move(spec));
    }
}

}  // namespace

void read_plugins(const Value& value, std::vector<PluginSpec>& plugins, ConfigReading& reading) {
    PluginTypes types;
    Section section = value.section();
    if (auto files = section.find("load")) {
        for (const Value& file : files->items_or_single()) {
            types.load(file);
        }
    }
    if (auto chain = section.find("chain")) {
        for (const Value& item : chain->items()) {
            read_instance(item, types, plugins, reading);
        }
    }
    section.finish();
}

}  // namespace ferrotunnel::detail
