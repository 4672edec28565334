// JSON Schemas of single values, from the forms, bounds and types of their declarations, and regular expressions for
// the types in docs/configuration.md. They reject texts that are always invalid; the check of the settings is stricter.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
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

/// A type of docs/configuration.md.
struct ValueType {
    std::string_view name;  // as in declarations: "IP address with port"
    std::string pattern;    // of the whole text; empty: any non-empty text
    double least = 1;       // lower bound for numbers, which YAML readers make of digits
    double most = 0;        // upper bound; less than `least`: numbers are not allowed
    bool is_whole = true;   // without a fraction
};

std::span<const ValueType> value_types();

/// Patterns of forms without a type name.
std::string time_pattern(bool zero_too);
std::string size_pattern();
/// Patterns of a text with a variable, and of one with or without variables; a $ has no other meaning.
std::string variable_pattern();
std::string text_pattern();

}  // namespace ferrotunnel::detail
