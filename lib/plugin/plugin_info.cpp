#include "ferrotunnel/plugin_info.hpp"

#include <set>
#include <utility>

#include "plugin/library.hpp"
#include "plugin/loader.hpp"
#include "plugin/shipped.hpp"

namespace ferrotunnel {
namespace {

PluginTypeInfo info_of(const ft_type& theirs) {
    plugin::Type type;
    PluginTypeInfo info;
    info.problems = plugin::read_type(theirs, type);
    info.name = std::move(type.name);
    info.version = std::move(type.version);
    info.summary = std::move(type.summary);
    info.is_guard = type.is_guard;
    if (type.calls.schema != nullptr) {
        info.schema = type.calls.schema;
    }
    for (const char* const* id = type.calls.needs; id != nullptr && *id != nullptr; ++id) {
        info.needs.emplace_back(*id);
    }
    const std::pair<const char*, bool> hooks[] = {{"request", type.calls.on_request != nullptr},
                                                  {"response", type.calls.on_response != nullptr},
                                                  {"close", type.calls.on_close != nullptr},
                                                  {"login", type.calls.on_login != nullptr},
                                                  {"register", type.calls.on_register != nullptr},
                                                  {"connect", type.calls.on_connect != nullptr},
                                                  {"visit_close", type.calls.on_visit_close != nullptr},
                                                  {"token", type.calls.on_token != nullptr}};
    for (const auto& [name, is_there] : hooks) {
        if (is_there) {
            info.hooks.emplace_back(name);
        }
    }
    return info;
}

}  // namespace

PluginFileInfo inspect_plugin(const std::string& file) {
    PluginFileInfo info{.file = file};
    const Result<plugin::Loaded, std::string> loaded = plugin::load(file);
    if (!loaded) {
        info.problems.push_back("It " + loaded.error() + ".");
        return info;
    }
    const Result<ft_library, std::string> library = plugin::enter_library(loaded->entry);
    if (!library) {
        info.problems.push_back(library.error());
        return info;
    }
    info.abi_minor = library->abi_minor;
    std::set<std::string> names;
    for (const ft_type* const* type = library->types; type != nullptr && *type != nullptr; ++type) {
        info.types.push_back(info_of(**type));
        if (!names.insert(info.types.back().name).second) {
            info.types.back().problems.push_back("Another type of the file has the same name.");
        }
    }
    if (info.types.empty()) {
        info.problems.emplace_back("The plugin has no types.");
    }
    return info;
}

std::string shipped_plugins_folder() {
    return plugin::shipped_folder();
}

std::string shipped_plugins_fault() {
    return plugin::shipped_fault();
}

std::vector<PluginFileInfo> shipped_plugins() {
    std::vector<PluginFileInfo> all;
    for (const std::string& type : plugin::shipped_types()) {
        all.push_back(inspect_plugin(plugin::shipped_file(type).path));
    }
    return all;
}

}  // namespace ferrotunnel
