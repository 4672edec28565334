// Random expressions as trees, with a plain evaluation of the tree and with the ways in which it can be written.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "request_facts.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::expression {

using Outcome = std::variant<bool, std::int64_t, std::string>;

struct Tree {
    enum class Kind { literal, field, entry, has, prefix, infix, method, list, choice };

    Kind kind = Kind::literal;
    std::string word;  // a field, a map, an operator, a method
    Outcome literal;   // of an entry and of `has`, the key
    std::vector<Tree> parts;
};

/// A tree of a condition.
Tree random_tree(test::SeededRandom& random);
RequestFacts random_facts(test::SeededRandom& random);

Outcome outcome_of(const Tree& tree, const RequestFacts& facts);

/// The tree as an expression, with blanks, comments, parentheses and escapes where it needs them and elsewhere.
std::string written(const Tree& tree, test::SeededRandom& random);

}  // namespace ferrotunnel::expression
