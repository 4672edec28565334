// What the JSON Schema says of single values: by the forms, bounds and types of their declarations.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "settings/setting.hpp"

namespace ferrotunnel::detail {

using Json = nlohmann::ordered_json;

/// What the definition of a type is called, and a schema that refers to it.
std::string definition_name(std::string_view type);
Json reference(std::string_view type);
/// A text that has this pattern, or a part with it.
Json text_like(const std::string& pattern);
Json one_of_these(Json alternatives);

/// What a key may have: a list of schemas, each for one way to write it. Lists and groups are not among them.
Json alternatives_of(const SettingFacts& facts);
/// The definitions of the types, by their names.
Json value_definitions();

}  // namespace ferrotunnel::detail
