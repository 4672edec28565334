// Members of the JSON objects of etcd's gateway, with exact types.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::etcd {

/// Parses an object. Empty for anything else, and for one that exceeds limits::depth_max or limits::json_values_max.
std::optional<nlohmann::json> read_json_object(std::string_view text);

/// The member, or null if there is none of this name.
const nlohmann::json& member_in(const nlohmann::json& object, const char* name);

// The gateway leaves out members that are zero, empty or false, so a missing one is that. Empty: the member has another
// type, or is out of range.

/// A 64-bit number, which is a text of digits. A JSON number is accepted, too.
std::optional<std::int64_t> number_in(const nlohmann::json& object, const char* name);
std::optional<std::uint64_t> unsigned_in(const nlohmann::json& object, const char* name);
std::optional<bool> flag_in(const nlohmann::json& object, const char* name);
std::optional<std::string> text_in(const nlohmann::json& object, const char* name);
/// Decoded from base64.
std::optional<std::string> bytes_in(const nlohmann::json& object, const char* name);

}  // namespace ferrotunnel::etcd
