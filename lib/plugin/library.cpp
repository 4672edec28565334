#include "plugin/library.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <utility>

#include "base/mutex.hpp"
#include "plugin/host.hpp"

namespace ferrotunnel::plugin {
namespace {

std::string or_empty(const char* text) {
    return text != nullptr ? text : "";
}

}  // namespace

bool is_type_name(std::string_view name) noexcept {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), fits);
}

std::vector<std::string> read_type(const ft_type& theirs, Type& type) {
    if (theirs.size < offsetof(ft_type, name) + sizeof(theirs.name)) {
        return {"A type of the plugin has no name."};
    }
    std::vector<std::string> problems;
    type.calls = known_part(theirs);
    type.name = or_empty(type.calls.name);
    type.version = or_empty(type.calls.version);
    type.summary = or_empty(type.calls.summary);
    type.is_guard = (type.calls.flags & FT_GUARD) != 0;
    if (!is_type_name(type.name)) {
        problems.push_back("The type \"" + type.name +
                           "\" of the plugin has a name with characters other than small letters, digits and '-'.");
    }
    if (type.calls.make == nullptr || type.calls.destroy == nullptr) {
        problems.push_back("The type \"" + type.name +
                           "\" of the plugin cannot be created: it lacks `make` or `destroy`.");
    }
    if (type.calls.schema != nullptr) {
        auto schema = config::Schema::compile(type.calls.schema);
        if (schema) {
            type.schema = std::move(*schema);
        } else {
            for (const config::Finding& fault : schema.error()) {
                problems.push_back("The schema of the plugin \"" + type.name + "\" has a mistake in line " +
                                   std::to_string(fault.place.line) + ": " + fault.path + " " + fault.text);
            }
        }
    }
    for (const char* const* id = type.calls.needs; id != nullptr && *id != nullptr; ++id) {
        if (host().extension(*id) == nullptr) {
            problems.push_back("The plugin \"" + type.name + "\" needs \"" + *id +
                               "\", which this version does not have.");
        }
    }
    return problems;
}

// An entry is called only once, since another server's workers may be running the library's hooks.
Result<ft_library, std::string> enter_library(ft_entry entry) {
    static Mutex mutex;
    static auto* const known = new std::map<ft_entry, const ft_library*>;
    const MutexLock lock(mutex);
    auto found = known->find(entry);
    if (found == known->end()) {
        found = known->emplace(entry, entry(&host())).first;
    }
    if (found->second == nullptr) {
        return std::string("The plugin reports that it does not work with this version.");
    }
    return known_part(*found->second);
}

namespace {

Result<std::vector<Type>, std::string> ask(ft_entry entry) {
    const Result<ft_library, std::string> library = enter_library(entry);
    if (!library) {
        return library.error();
    }
    std::vector<Type> types;
    for (const ft_type* const* each = library->types; each != nullptr && *each != nullptr; ++each) {
        Type type;
        if (const std::vector<std::string> problems = read_type(**each, type); !problems.empty()) {
            return problems.front();
        }
        types.push_back(std::move(type));
    }
    if (types.empty()) {
        return std::string("The plugin has no types.");
    }
    return types;
}

}  // namespace

// Schemas are compiled once.
Result<std::vector<Type>, std::string> read_library(ft_entry entry) {
    static Mutex mutex;
    static auto* const known = new std::map<ft_entry, Result<std::vector<Type>, std::string>>;
    const MutexLock lock(mutex);
    const auto found = known->find(entry);
    return found != known->end() ? found->second : known->emplace(entry, ask(entry)).first->second;
}

std::optional<std::string> fault_for_clients(ft_entry entry, std::string_view type) {
    const Result<std::vector<Type>, std::string> types = read_library(entry);
    if (!types) {
        return "cannot be used: " + types.error();
    }
    const auto found = std::find_if(types->begin(), types->end(), [&](const Type& each) { return each.name == type; });
    if (found == types->end()) {
        return "is not a type of its library";
    }
    return found->schema && found->schema->is_for_clients()
               ? std::nullopt
               : std::optional<std::string>("has no settings that clients may set (`x-client` in its schema)");
}

}  // namespace ferrotunnel::plugin
