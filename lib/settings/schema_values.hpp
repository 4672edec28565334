// JSON Schemas of single values, from the forms, bounds and types of their declarations.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "settings/setting.hpp"

namespace ferrotunnel::detail {

using Json = nlohmann::ordered_json;

/// The name of a type's definition, and a schema that refers to it.
std::string definition_name(std::string_view type);
Json reference(std::string_view type);
/// A schema of texts that contain this pattern.
Json text_like(const std::string& pattern);
Json one_of_these(Json alternatives);

/// The possible values of a key: a list of schemas, one for each way to write it, without lists or groups.
Json alternatives_of(const SettingFacts& facts);
/// The definitions of the types, by their names.
Json value_definitions();

}  // namespace ferrotunnel::detail
