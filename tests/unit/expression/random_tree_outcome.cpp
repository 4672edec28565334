// The plain evaluation of random expressions.
#include <algorithm>
#include <regex>
#include <set>
#include <utility>

#include "random_tree.hpp"

namespace ferrotunnel::expression {
namespace {

using Kind = Tree::Kind;

// Which of the generator's addresses are in which of its networks.
const std::set<std::pair<std::string, std::string>> memberships = {
    {"10.1.2.3", "10.0.0.0/8"},       {"::ffff:10.1.2.3", "10.0.0.0/8"}, {"10.1.2.3", "0.0.0.0/0"},
    {"::ffff:10.1.2.3", "0.0.0.0/0"}, {"192.0.2.1", "0.0.0.0/0"},        {"192.0.2.1", "192.0.2.1"},
    {"fd00::1", "fd00::/8"}};

bool condition_of(const Tree& tree, const RequestFacts& facts) {
    return std::get<bool>(outcome_of(tree, facts));
}

std::string text_of(const Tree& tree, const RequestFacts& facts) {
    return std::get<std::string>(outcome_of(tree, facts));
}

Outcome infix_outcome(const Tree& tree, const RequestFacts& facts) {
    const auto holds = [&facts](const Tree& part) { return condition_of(part, facts); };
    if (tree.word == "&&") {
        return std::all_of(tree.parts.begin(), tree.parts.end(), holds);
    }
    if (tree.word == "||") {
        return std::any_of(tree.parts.begin(), tree.parts.end(), holds);
    }
    const Outcome left = outcome_of(tree.parts[0], facts);
    if (tree.word == "in") {
        const auto& list = tree.parts[1].parts;
        return std::any_of(list.begin(), list.end(), [&left](const Tree& element) { return element.literal == left; });
    }
    const Outcome right = outcome_of(tree.parts[1], facts);
    return tree.word == "=="   ? left == right
           : tree.word == "!=" ? left != right
           : tree.word == "<"  ? left < right
           : tree.word == "<=" ? left <= right
           : tree.word == ">"  ? left > right
                               : left >= right;
}

Outcome method_outcome(const Tree& tree, const RequestFacts& facts) {
    std::string text = text_of(tree.parts[0], facts);
    if (tree.word == "size") {
        return static_cast<std::int64_t>(text.size());
    }
    if (tree.word == "lowerAscii") {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
        return text;
    }
    if (tree.word == "in") {
        return std::any_of(tree.parts.begin() + 1, tree.parts.end(), [&text](const Tree& network) {
            return memberships.contains({text, std::get<std::string>(network.literal)});
        });
    }
    const std::string argument = text_of(tree.parts[1], facts);
    const std::size_t at = tree.word == "endsWith" ? text.size() - std::min(text.size(), argument.size()) : 0;
    return tree.word == "matches"    ? std::regex_search(text, std::regex(argument))
           : tree.word == "contains" ? text.find(argument) != std::string::npos
                                     : text.substr(at, argument.size()) == argument;
}

const std::string* find_entry(const Tree& tree, const RequestFacts& facts) {
    const auto& map = tree.word == "note" ? facts.notes : facts.headers_of_it;
    const auto found = map.find(std::get<std::string>(tree.literal));
    return found == map.end() ? nullptr : &found->second;
}

Outcome field_outcome(const Tree& tree, const RequestFacts& facts) {
    for (const Field& field : request_fields) {
        if (field.name == tree.word && field.type != Type::boolean && field.type != Type::integer) {
            return facts.texts.at(field.id);
        }
    }
    return tree.word == "visitor.tls" ? Outcome(facts.is_tls) : Outcome(facts.bytes);
}

}  // namespace

Outcome outcome_of(const Tree& tree, const RequestFacts& facts) {
    switch (tree.kind) {
        case Kind::field:
            return field_outcome(tree, facts);
        case Kind::entry: {
            const std::string* const found = find_entry(tree, facts);
            return found == nullptr ? "" : *found;
        }
        case Kind::has:
            return find_entry(tree, facts) != nullptr;
        case Kind::prefix:
            return !condition_of(tree.parts[0], facts);
        case Kind::infix:
            return infix_outcome(tree, facts);
        case Kind::method:
            return method_outcome(tree, facts);
        case Kind::choice:
            return outcome_of(tree.parts[condition_of(tree.parts[0], facts) ? 1 : 2], facts);
        default:
            return tree.literal;
    }
}

}  // namespace ferrotunnel::expression
