// The type checker of expressions: resolves names, checks types, and makes the nodes for evaluation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "expression/mistake.hpp"
#include "expression/node.hpp"
#include "expression/syntax.hpp"
#include "expression/vocabulary.hpp"

namespace ferrotunnel::expression {

// --- values: what a part of an expression is, as a type and a node

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

// --- the checker

/// A use of an entry of a map.
struct EntryUse {
    std::uint32_t id;  // of the map
    std::string key;
    std::size_t offset;
};

struct Checked {
    Boolean condition;
    std::vector<EntryUse> uses;  // in the order of the source
};

/// Checks one expression. After a mistake every function returns an empty value, up to run().
class Checker {
public:
    explicit Checker(Vocabulary vocabulary) noexcept : vocabulary_(vocabulary) {}

    Result<Checked, Mistake> run(const Syntax& whole);

private:
    Value fail(std::size_t offset, std::string text);

    Value check(const Syntax& part);
    /// Check a part that must be a condition or a text; `role` describes the part in messages.
    Boolean check_condition(const Syntax& part, const std::string& role);
    Text check_text(const Syntax& part, const std::string& role);

    // operators
    Value check_negation(const Syntax& part);
    Value check_chain(const Syntax& part);
    Value check_comparison(const Syntax& part);
    Value check_membership(const Syntax& part);
    Value check_choice(const Syntax& part);

    // names
    Value check_name(const Syntax& part);
    Value check_entry(const Syntax& part);
    /// The entry of a map that a name or `name["key"]` refers to.
    std::optional<EntryUse> use_entry(const Syntax& part);
    Value fail_unknown(const Syntax& part);

    // in checker_calls.cpp
    static bool is_method(std::string_view name) noexcept;
    Value check_function(const Syntax& part);
    Value check_has(const Syntax& argument);
    Value check_method(const Syntax& part);
    Value check_matches(Text text, const Syntax& argument);
    Value check_address_in(const Syntax& part);

    Vocabulary vocabulary_;
    std::vector<EntryUse> uses_;
    std::size_t regexes_ = 0;
    std::optional<Mistake> mistake_;
};

}  // namespace ferrotunnel::expression
