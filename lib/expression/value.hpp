// The result of the type check for a part of an expression: its type and its node.
#pragma once

#include <array>
#include <string>
#include <utility>
#include <variant>

#include "expression/node.hpp"

namespace ferrotunnel::expression {

/// An address: a text with one more method.
struct Address {
    Text text;
};

/// Empty if a mistake was found.
using Value = std::variant<std::monostate, Boolean, Integer, Text, Address>;

inline bool is_nothing(const Value& value) noexcept {
    return std::holds_alternative<std::monostate>(value);
}

/// The type, for messages.
inline std::string type_of(const Value& value) {
    static constexpr std::array words = {"nothing", "true or false", "a number", "a text", "an address"};
    return words[value.index()];
}

/// The text node of a value; null if it is not a text.
inline Text as_text(Value value) {
    if (auto* const address = std::get_if<Address>(&value)) {
        return std::move(address->text);
    }
    auto* const text = std::get_if<Text>(&value);
    return text != nullptr ? std::move(*text) : nullptr;
}

/// Calls `make` with two nodes of the same type and returns its result; empty if their types differ.
template <typename Make>
Value make_of_same_type(Value left, Value right, Make make) {
    if (std::holds_alternative<Boolean>(left) && std::holds_alternative<Boolean>(right)) {
        return make(std::get<Boolean>(std::move(left)), std::get<Boolean>(std::move(right)));
    }
    if (std::holds_alternative<Integer>(left) && std::holds_alternative<Integer>(right)) {
        return make(std::get<Integer>(std::move(left)), std::get<Integer>(std::move(right)));
    }
    Text left_text = as_text(std::move(left));
    Text right_text = as_text(std::move(right));
    return left_text && right_text ? make(std::move(left_text), std::move(right_text)) : Value();
}

}  // namespace ferrotunnel::expression
