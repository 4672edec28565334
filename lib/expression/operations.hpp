// Factories of nodes: each function returns a node for the operation in its name.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "expression/node.hpp"
#include "expression/pattern.hpp"
#include "net/ip_network.hpp"

namespace ferrotunnel::expression {

// --- literals and facts

Boolean constant(bool value);
Integer constant(std::int64_t value);
Text constant(std::string value);

Boolean boolean_field(std::uint32_t id);
Integer integer_field(std::uint32_t id);
Text text_field(std::uint32_t id);
/// The entry of a map; empty if there is none.
Text entry_of(std::uint32_t id, std::string key);
Boolean has_entry(std::uint32_t id, std::string key);

// --- operators; operands are evaluated from the left, until the result is known

Boolean negation(Boolean operand);
Boolean all_of(std::vector<Boolean> operands);
Boolean any_of(std::vector<Boolean> operands);

Boolean choice(Boolean condition, Boolean then, Boolean otherwise);
Integer choice(Boolean condition, Integer then, Integer otherwise);
Text choice(Boolean condition, Text then, Text otherwise);

enum class Comparison : std::uint8_t { equal, unequal, less, less_or_equal, greater, greater_or_equal };

/// Texts are ordered by their bytes, which is the order of their characters; and false before true.
Boolean compare(Comparison comparison, Boolean left, Boolean right);
Boolean compare(Comparison comparison, Integer left, Integer right);
Boolean compare(Comparison comparison, Text left, Text right);

Boolean is_in(Integer value, std::vector<std::int64_t> list);
Boolean is_in(Text value, std::vector<std::string> list);

// --- methods

Boolean starts_with(Text text, Text prefix);
Boolean ends_with(Text text, Text suffix);
Boolean contains(Text text, Text part);
Boolean matches(Text text, Pattern pattern);
Boolean is_in_networks(Text address, net::IpNetworks networks);
Text lower_ascii(Text text);
/// In bytes.
Integer size_of(Text text);

}  // namespace ferrotunnel::expression
