// Reads the description of a plugin library, with the struct sizes it knows: its types, with null for every missing
// hook.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/schema.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// A type of plugin; members that its library does not know yet are null.
struct Type {
    std::string name;
    std::string version;
    std::string summary;
    std::optional<config::Schema> schema;  // empty if it has no settings
    bool is_guard = false;
    ft_type calls{};  // its functions; the required ones are not null
};

/// Calls the entry of a library, once, and reads its types. Thread-safe. The error is a sentence.
Result<std::vector<Type>, std::string> read_library(ft_entry entry);

/// Whether a type may have this name: up to 64 small letters, digits and '-'.
bool is_type_name(std::string_view name) noexcept;

/// Calls the entry of a library, once, and returns its description, as far as this version knows it. Thread-safe.
Result<ft_library, std::string> enter_library(ft_entry entry);

/// Why clients cannot request this type of a library, in words that follow the type's name; empty if they can.
std::optional<std::string> fault_for_clients(ft_entry entry, std::string_view type);

/// Reads one type into `type`, as far as possible. Returns all its faults, a sentence each.
std::vector<std::string> read_type(const ft_type& theirs, Type& type);

}  // namespace ferrotunnel::plugin
