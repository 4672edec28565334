// The plugins of a configuration file: the loaded libraries, and the chain in its order.
//
//   plugins:
//     load: [geo.so]
//     chain:
//       - headers: {request: {remove: Cookie}}
//         id: no-cookies
//         on_failure: open
//         mode: observe
//         hosts: "*.example.com"
//         paths: [/api, = /status]
//         services: web
//         when: request.method == "POST"
//     clients: [auth, ip-filter]
#include "settings/plugins.hpp"

#include <algorithm>
#include <utility>

#include "ferrotunnel/detail/nearest.hpp"
#include "plugin/loader.hpp"
#include "plugin/shipped.hpp"
#include "settings/plugin_scope.hpp"
#include "settings/secret.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Section;
using config::Value;

constexpr SettingFacts of_plugin_section[] = {
    {.key = "load", .type = "file, or a list", .help = "Files of plugins that are not shipped."},
    {.key = "chain",
     .type = "list of plugins",
     .help = "Plugins in the order in which requests pass them: `NAME: SETTINGS`; see \"Plugins\" below.",
     .keys = plugin_keys},
    {.key = "clients",
     .type = "text, or `none`, or a list",
     .help = "Types of plugins that clients may request for their own services; see [clients](plugins/clients.md). "
             "Default: `auth`, `ip-filter` and `rate-limit`."},
};

constexpr Choice failure_words[] = {
    {"closed", static_cast<std::uint64_t>(PluginFailure::closed)},
    {"open", static_cast<std::uint64_t>(PluginFailure::open)},
};
constexpr Choice mode_words[] = {{"act", 0}, {"observe", 1}};
constexpr SettingFacts of_plugin[] = {
    {.key = "id",
     .form = Form::word,
     .type = "id",
     .help = "Name of this instance in logs. Default: the name of its plugin."},
    {.key = "on_failure",
     .form = Form::choice,
     .choices = failure_words,
     .help = "What happens to a request when the plugin fails: it gets 503 (`closed`) or continues (`open`). Default: "
             "`closed` for plugins that guard access, otherwise `open`."},
    {.key = "mode",
     .form = Form::choice,
     .choices = mode_words,
     .help = "`observe`: the plugin's decisions are counted and logged, but not carried out. Default: `act`."},
    {.key = "hosts",
     .type = "host or pattern, or a list",
     .help =
         "Hosts where the plugin runs, written as those of services: `a.example.com`, `*.example.com`. Default: all."},
    {.key = "paths",
     .type = "URL path, or a list",
     .help =
         "Paths where the plugin runs: `/api` and everything below it, `= /status`, `~ /v[0-9]+/.*`. Default: all."},
    {.key = "ignore_case",
     .form = Form::on_off,
     .help = "Whether `paths` are compared without the case of A to Z, for backends that do the same."},
    {.key = "reject_ambiguous_paths",
     .form = Form::on_off,
     .help = "Whether a request gets 400 if the plugin would run and the path has `//`, `;`, `%2F` or `%5C`, which "
             "backends read in different ways."},
    {.key = "services",
     .type = "name, or a list",
     .help = "Names of the services where the plugin runs. Default: all."},
    {.key = "when",
     .type = "condition",
     .help = "Condition for the requests where the plugin runs, such as `request.method == \"POST\"`; see "
             "[when](plugins/when.md). Variables are not replaced in it. Default: all requests."},
};

/// The types that a chain may name: loaded ones, and shipped ones.
class PluginTypes {
public:
    /// Loads a library and adds its types.
    void load(const Value& value) {
        const std::optional<std::string> file = value.path();
        if (!file) {
            return;
        }
        if (const std::optional<std::string> fault = add(*file)) {
            value.problem("the plugin " + *file + " " + *fault);
        }
    }
    /// The type of that name; if there is none, null and a problem at its key.
    const plugin::Type* find(const std::string& name, const Value& value, ft_entry& library) {
        if (known(name) == nullptr) {
            const plugin::ShippedFile file = plugin::shipped_file(name);
            const std::optional<std::string> fault = !file.is_there       ? std::nullopt
                                                     : file.fault.empty() ? add(file.path)
                                                                          : file.fault;
            if (fault) {
                value.problem_at_key("the plugin " + file.path + " " + *fault);
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

    bool has(const std::string& name) const { return known(name) != nullptr || plugin::shipped_file(name).is_there; }

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
            return "cannot be used: " + types.error();
        }
        for (plugin::Type& type : *types) {
            if (known(type.name) != nullptr) {
                return "has a type `" + type.name + "`, which another plugin has too";
            }
            all_.push_back({library->entry, std::move(type)});
        }
        return std::nullopt;
    }

    std::vector<Known> all_;
};

// Whether one of the plugins has this id.
bool is_taken(const std::string& id, const std::vector<PluginSpec>& plugins) {
    return std::ranges::any_of(
        plugins, [&](const PluginSpec& each) { return id == (each.use.id.empty() ? each.use.type : each.use.id); });
}

// Reads the keys that every instance may have, besides its type. `plugins` are those before it.
void read_use(Section& group, PluginUse& use, const std::vector<PluginSpec>& plugins, ConfigReading& reading) {
    if (auto id = group.find("id")) {
        const std::optional<std::string> word = id->word();
        if (const auto fault = word ? plugin_id_fault(*word) : std::nullopt) {
            id->problem(*fault);
        } else if (word && is_taken(*word, plugins)) {
            id->problem("is used by another plugin too");
        } else {
            config::assign(use.id, word);
        }
    }
    if (const auto policy = read_key(group, plugin_keys(), "on_failure")) {
        use.on_failure = static_cast<PluginFailure>(*policy);
    }
    if (const auto mode = read_key(group, plugin_keys(), "mode")) {
        use.observe = *mode == 1;
    }
    read_plugin_scope(group, reading.text_at(group.place()).text, use);
}

/// An instance that was read, with its values in the file and its notes, for the lint of the chain's order.
struct ReadInstance {
    std::string settings_path;
    config::Place settings_place;
    std::string when_path;
    config::Place when_place;
    std::string when;
    plugin::NotesOfInstance notes;
};

// Reads the settings, and lets the type check them. Empty if they are invalid.
std::optional<plugin::Prepared> read_plugin_settings(const Value& value, const plugin::Type& type, PluginSpec& spec,
                                                     ConfigReading& reading) {
    if (type.schema) {
        spec.settings = type.schema->check(value, secret_source(reading));
    } else if (value.node().kind == config::Node::Kind::nothing) {
        spec.settings.emplace();
    } else {
        value.problem("this plugin has no settings");
    }
    if (!spec.settings) {
        return std::nullopt;
    }
    auto prepared = plugin::prepare(spec.use.library, spec.use.type, *spec.settings);
    if (prepared) {
        return std::move(*prepared);
    }
    for (const config::Finding& finding : prepared.error()) {
        value.context().report.add(finding.place.line != 0 ? finding.place : value.place(),
                                   joined_path(value.key_path(), finding.path), finding.text);
    }
    return std::nullopt;
}

// The keys of an instance that name a plugin: all except those of every instance, and misspelt ones.
std::vector<std::pair<std::string, Value>> named_plugins(Section& group, const PluginTypes& types) {
    std::vector<std::string> others;
    for (const SettingFacts& each : plugin_keys()) {
        others.emplace_back(each.key);
    }
    std::vector<std::pair<std::string, Value>> named;
    for (auto& [key, value] : group.all()) {
        if (std::find(others.begin(), others.end(), key) != others.end()) {
            continue;
        }
        if (!types.has(key) && !nearest(key, others).empty()) {
            value.problem_at_key(config::no_such_key(key, others));
        } else {
            named.emplace_back(key, value);
        }
    }
    return named;
}

void read_instance(const Value& value, PluginTypes& types, std::vector<PluginSpec>& plugins,
                   std::vector<ReadInstance>& read, ConfigReading& reading) {
    Section group = section_of(value, plugin_keys());
    PluginSpec spec;
    read_use(group, spec.use, plugins, reading);
    const std::vector<std::pair<std::string, Value>> rest = named_plugins(group, types);
    if (rest.size() != 1) {
        if (value.is_group() || value.node().kind == config::Node::Kind::nothing) {
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
    if (const auto prepared = read_plugin_settings(settings, *type, spec, reading)) {
        const auto when = group.find("when");
        read.push_back({settings.key_path(), settings.place(), group.path_of("when"),
                        when ? when->place() : value.place(), spec.use.when, notes_of(spec.use, *prepared)});
        plugins.push_back(std::move(spec));
    }
}

// Warns of notes that are read before a plugin sets them.
void lint_chain(const std::vector<ReadInstance>& read, ConfigReading& reading) {
    std::vector<plugin::NotesOfInstance> notes;
    for (const ReadInstance& each : read) {
        notes.push_back(each.notes);
    }
    for (const plugin::OrderFinding& finding : plugin::lint_order(notes)) {
        const ReadInstance& at = read[finding.instance];
        const std::string key = finding.is_condition ? at.when_path : joined_path(at.settings_path, finding.path);
        const config::Place place = finding.is_condition      ? place_within(reading.text_at(at.when_place).text,
                                                                             at.when_place, at.when, finding.within)
                                    : finding.place.line != 0 ? finding.place
                                                              : at.settings_place;
        reading.file.warnings.push_back({key, finding.text, reading.text_at(place).name, place.line, place.column});
    }
}

// Reads the types that clients may request. They are loaded, so that mistakes are found here.
void read_client_types(const Value& value, PluginTypes& types, std::vector<ClientPlugin>& clients) {
    clients.clear();
    if (value.is_text() && value.try_text() == "none") {
        return;
    }
    for (const Value& item : value.items_or_single()) {
        const std::optional<std::string> name = item.word();
        ClientPlugin client;
        if (!name || types.find(*name, item, client.library) == nullptr) {
            continue;
        }
        client.type = *name;
        if (const auto fault = plugin::fault_for_clients(client.library, *name)) {
            item.problem("the plugin " + *name + " " + *fault);
        } else if (std::ranges::find(clients, *name, &ClientPlugin::type) != clients.end()) {
            item.problem("this plugin appears twice");
        } else {
            clients.push_back(std::move(client));
        }
    }
}

}  // namespace

std::span<const SettingFacts> plugin_section_keys() noexcept {
    return of_plugin_section;
}

std::span<const SettingFacts> plugin_keys() noexcept {
    return of_plugin;
}

void read_plugins(SectionReader& reader, ServerValues& settings, ConfigReading& reading) {
    PluginTypes types;
    if (auto files = reader.find(plugins_place, "load")) {
        for (const Value& file : files->items_or_single()) {
            types.load(file);
        }
    }
    if (auto chain = reader.find(plugins_place, "chain")) {
        std::vector<ReadInstance> read;
        for (const Value& item : chain->items()) {
            read_instance(item, types, settings.plugins, read, reading);
        }
        lint_chain(read, reading);
    }
    if (auto clients = reader.find(plugins_place, "clients")) {
        read_client_types(*clients, types, settings.client_plugins);
    }
}

}  // namespace ferrotunnel::detail
