// Regular expressions for the JSON Schema of the types in docs/configuration.md. They reject texts that are always
// invalid; the check of the settings is stricter.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ferrotunnel::detail {

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
