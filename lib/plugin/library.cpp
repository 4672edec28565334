#include "plugin/library.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>

#include "plugin/host.hpp"

namespace ferrotunnel::plugin {
namespace {

/// Copies a struct that begins with its size, as far as both sides know it; the rest is null.
template <typename Struct>
Struct known_part(const Struct& theirs) {
    Struct ours{};
    std::memcpy(&ours, &theirs, std::min(theirs.size, sizeof(Struct)));
    return ours;
}

std::string or_empty(const char* text) {
    return text != nullptr ? text : "";
}

}  // namespace

bool is_type_name(std::string_view name) noexcept {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), fits);
}

Result<Type, std::string> read_type(const ft_type& theirs) {
    if (theirs.size < offsetof(ft_type, name) + sizeof(theirs.name)) {
        return std::string("A type of the plugin has no name.");
    }
    Type type;
    type.calls = known_part(theirs);
    type.name = or_empty(type.calls.name);
    type.version = or_empty(type.calls.version);
    type.summary = or_empty(type.calls.summary);
    type.is_guard = (type.calls.flags & FT_GUARD) != 0;
    if (!is_type_name(type.name)) {
        return "The type \"" + type.name + "\" of the plugin has a name that is not of small letters, digits and '-'.";
    }
    if (type.calls.make == nullptr || type.calls.destroy == nullptr) {
        return "The type \"" + type.name + "\" of the plugin can not be made: it lacks `make` or `destroy`.";
    }
    if (type.calls.schema != nullptr) {
        auto schema = config::Schema::compile(type.calls.schema);
        if (!schema) {
            const config::Finding& fault = schema.error().front();
            return "The schema of the plugin \"" + type.name + "\" is wrong in line " +
                   std::to_string(fault.place.line) + ": " + fault.path + " " + fault.text;
        }
        type.schema = std::move(*schema);
    }
    for (const char* const* id = type.calls.needs; id != nullptr && *id != nullptr; ++id) {
        if (host().extension(*id) == nullptr) {
            return "The plugin \"" + type.name + "\" needs \"" + *id + "\", which this version does not have.";
        }
    }
    return type;
}

namespace {

Result<std::vector<Type>, std::string> ask(ft_entry entry) {
    const ft_library* theirs = entry(&host());
    if (theirs == nullptr) {
        return std::string("The plugin says that it can not work with this version.");
    }
    const ft_library library = known_part(*theirs);
    std::vector<Type> types;
    for (const ft_type* const* type = library.types; type != nullptr && *type != nullptr; ++type) {
        Result<Type, std::string> read = read_type(**type);
        if (!read) {
            return read.error();
        }
        types.push_back(std::move(*read));
    }
    if (types.empty()) {
        return std::string("The plugin has no types.");
    }
    return types;
}

}  // namespace

// An entry is called once: while another server's workers run the library's hooks, nothing of it is set anew.
Result<std::vector<Type>, std::string> read_library(ft_entry entry) {
    static std::mutex mutex;
    static auto* const known = new std::map<ft_entry, Result<std::vector<Type>, std::string>>;
    const std::lock_guard lock(mutex);
    const auto found = known->find(entry);
    return found != known->end() ? found->second : known->emplace(entry, ask(entry)).first->second;
}

}  // namespace ferrotunnel::plugin
