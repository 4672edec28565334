// Limits of expressions, each with its reason. They bound the cost of compiling one, and of evaluating it for a
// request.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/units.hpp"

namespace ferrotunnel::limits {

/// Length of an expression. A condition that people can read has a few hundred bytes; with a list, a thousand.
inline constexpr std::size_t expression_source_max = 4_KiB;
/// How deep parentheses, `!`, calls and the last part of `? :` may be nested: parser, type check and evaluation recurse
/// on them.
inline constexpr std::size_t expression_nesting_max = 32;
/// Operators, calls, names and literals, without the elements of lists. Each may be evaluated for a request.
inline constexpr std::size_t expression_nodes_max = 512;
/// Elements of one list; they are compared one after the other.
inline constexpr std::size_t expression_list_max = 256;
/// Regular expressions, all of which may have to be matched for a request.
inline constexpr std::size_t expression_regexes_max = 8;
/// Size of one expression as RE2 counts it: one for each character or class, with repetitions written out. Usual ones
/// match in microseconds; the worst of this size takes 60 ms for a text of 8 KiB.
inline constexpr int expression_regex_size_max = 1'024;
/// Memory that RE2 may use for one expression. The largest program takes an eighth; the rest is for fast matching.
inline constexpr std::int64_t expression_regex_memory_max = 64_KiB;

}  // namespace ferrotunnel::limits
