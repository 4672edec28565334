// Members of the JSON objects that a CA sends, whatever their types are.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::acme {

/// Parses an object. Empty for anything else, and for one that is deeper than limits::depth_max.
std::optional<nlohmann::json> read_json_object(std::string_view text);

/// The member, or null if there is none of this name, or `object` is not an object.
const nlohmann::json& member_of(const nlohmann::json& object, const char* name);
/// The text of a member; empty if it is missing or not a text.
std::string text_of(const nlohmann::json& object, const char* name);

/// The host names in a list, in normal form and at most `most`; other elements are left out.
std::vector<std::string> host_names_in(const nlohmann::json& list, std::size_t most);

}  // namespace ferrotunnel::acme
