// The grammar of expressions, a subset of CEL's:
//
//     choice      any [ "?" any ":" choice ]
//     any         all { "||" all }
//     all         comparison { "&&" comparison }
//     comparison  unary [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") unary ]
//     unary       "!" unary | member
//     member      primary { "." name [ "(" arguments ")" ] | "[" text "]" }
//     primary     literal | list | name [ "(" arguments ")" ] | "(" choice ")"
//     list        "[" literal { "," literal } [ "," ] "]"
//     arguments   [ choice { "," choice } ]
#pragma once

#include <span>

#include "base/result.hpp"
#include "expression/lexer.hpp"
#include "expression/mistake.hpp"
#include "expression/syntax.hpp"

namespace ferrotunnel::expression {

/// Parses tokens, the last of which is `end`. The tree has at most limits::expression_nodes_max nodes, and is at most
/// five times as deep as limits::expression_nesting_max.
Result<Syntax, Mistake> parse(std::span<const Token> tokens);

}  // namespace ferrotunnel::expression
