// What a plugin's library says of itself, read by the size that it knows: types of plugins, with null for every hook
// that is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/schema.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// A type of plugin, with the members that its library does not know yet as null.
struct Type {
    std::string name;
    std::string version;
    std::string summary;
    std::optional<config::Schema> schema;  // nothing: it has no settings
    bool is_guard = false;
    ft_type calls{};  // for the functions; those without which nothing can be made are there
};

/// Calls the entry of a library, the first time, and reads its types. Any thread. The problem is a sentence.
Result<std::vector<Type>, std::string> read_library(ft_entry entry);

/// Whether a type may have this name: up to 64 small letters, digits and '-'.
bool is_type_name(std::string_view name) noexcept;

/// Calls the entry of a library, the first time, and returns what it says, as far as this version knows it. Any thread.
Result<ft_library, std::string> enter_library(ft_entry entry);

/// Why clients cannot ask for that type of a library, in words that follow its name; nothing if they can.
std::optional<std::string> fault_for_clients(ft_entry entry, std::string_view type);

/// Reads one type into `type`, as far as that can be done. Returns all that is wrong with it, a sentence each.
std::vector<std::string> read_type(const ft_type& theirs, Type& type);

}  // namespace ferrotunnel::plugin
