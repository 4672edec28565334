// What texts the types of docs/configuration.md stand for, as regular expressions for the JSON Schema. They refuse what
// is no such text in any case; the check of the settings knows more.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ferrotunnel::detail {

struct ValueType {
    std::string_view name;  // as declarations have it: "IP address with port"
    std::string pattern;    // of the whole text; empty: any text but an empty one
    double least = 1;       // numbers, which a reader of YAML makes of digits, from here
    double most = 0;        // to here; less than `least`: no number is one
    bool is_whole = true;   // without a fraction
};

std::span<const ValueType> value_types();

/// The text of a boolean, time and so on that is said otherwise than by a type's name.
std::string time_pattern(bool zero_too);
std::string size_pattern();
/// A text in which a variable is to be replaced, and one with or without variables: a $ stands for nothing else.
std::string variable_pattern();
std::string text_pattern();

}  // namespace ferrotunnel::detail
