#include "random_tree.hpp"

namespace ferrotunnel::expression {
namespace {

using Kind = Tree::Kind;

const std::vector<std::string> texts = {"",     "a",      "b",           "ab",           "AB",          "a/b",
                                        "it's", "\"so\"", "back\\slash", "two\nlines\t", "caf\xc3\xa9", "10.1.2.3"};
const std::vector<std::string> keys = {"a", "b", "x-y", "a.b"};
const std::vector<std::string> patterns = {"^a", "b$", "a+b", "[a-c]/b", "^$", "A|t"};
const std::vector<std::string> addresses = {"10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "192.0.2.1", "", "none"};
const std::vector<std::string> networks = {"10.0.0.0/8", "fd00::/8", "0.0.0.0/0", "192.0.2.1"};

const std::string& one_of(const std::vector<std::string>& all, test::SeededRandom& random) {
    return all[random.below(all.size())];
}

class Generator {
public:
    explicit Generator(test::SeededRandom& random) : random_(random) {}

    Tree condition(int depth) {
        if (depth == 0 || random_.chance(10)) {
            return random_.chance(50) ? Tree{Kind::literal, "", random_.chance(50), {}}
                                      : Tree{Kind::field, "visitor.tls", {}, {}};
        }
        switch (random_.below(10)) {
            case 0:
                return {Kind::prefix, "!", {}, {condition(depth - 1)}};
            case 1:
            case 2:
                return row(random_.chance(50) ? "&&" : "||", depth);
            case 3:
                return {Kind::choice, "", {}, {condition(depth - 1), condition(depth - 1), condition(depth - 1)}};
            case 4:
                return compared(number(depth - 1), number(depth - 1));
            case 5:
                return compared(text(depth - 1), text(depth - 1));
            case 6:
                return {
                    Kind::infix, random_.chance(50) ? "==" : "!=", {}, {condition(depth - 1), condition(depth - 1)}};
            case 7:
                return membership(depth);
            case 8:
                return {Kind::has, map(), one_of(keys, random_), {}};
            default:
                return method(depth);
        }
    }

private:
    Tree row(const std::string& sign, int depth) {
        Tree tree{Kind::infix, sign, {}, {}};
        for (std::uint64_t i = random_.between(2, 4); i > 0; --i) {
            tree.parts.push_back(condition(depth - 1));
        }
        return tree;
    }

    Tree compared(Tree left, Tree right) {
        static const std::vector<std::string> signs = {"==", "!=", "<", "<=", ">", ">="};
        return {Kind::infix, one_of(signs, random_), {}, {std::move(left), std::move(right)}};
    }

    Tree membership(int depth) {
        const bool of_numbers = random_.chance(50);
        Tree list{Kind::list, "", {}, {}};
        for (std::uint64_t i = random_.between(1, 4); i > 0; --i) {
            list.parts.push_back(of_numbers ? number(0) : text(0));
        }
        return {Kind::infix, "in", {}, {of_numbers ? number(depth - 1) : text(depth - 1), std::move(list)}};
    }

    Tree method(int depth) {
        static const std::vector<std::string> names = {"startsWith", "endsWith", "contains"};
        if (random_.chance(25)) {
            return {Kind::method, "matches", {}, {text(depth - 1), {Kind::literal, "", one_of(patterns, random_), {}}}};
        }
        if (random_.chance(25)) {
            Tree tree{Kind::method, "in", {}, {{Kind::field, "visitor.address", {}, {}}}};
            for (std::uint64_t i = random_.between(1, 3); i > 0; --i) {
                tree.parts.push_back({Kind::literal, "", one_of(networks, random_), {}});
            }
            return tree;
        }
        return {Kind::method, one_of(names, random_), {}, {text(depth - 1), text(depth - 1)}};
    }

    Tree number(int depth) {
        if (depth == 0 || random_.chance(30)) {
            return {Kind::literal, "", static_cast<std::int64_t>(random_.below(7)) - 3, {}};
        }
        if (random_.chance(20)) {
            return {Kind::choice, "", {}, {condition(depth - 1), number(depth - 1), number(depth - 1)}};
        }
        return random_.chance(40) ? Tree{Kind::field, "request.size", {}, {}}
                                  : Tree{Kind::method, "size", {}, {text(depth - 1)}};
    }

    // Without a depth, it is a literal.
    Tree text(int depth) {
        static const std::vector<std::string> fields = {"request.path", "request.host", "visitor.address"};
        if (depth == 0) {
            return {Kind::literal, "", one_of(texts, random_), {}};
        }
        switch (random_.below(5)) {
            case 0:
                return {Kind::choice, "", {}, {condition(depth - 1), text(depth - 1), text(depth - 1)}};
            case 1:
                return {Kind::method, "lowerAscii", {}, {text(depth - 1)}};
            case 2:
                return {Kind::entry, map(), one_of(keys, random_), {}};
            case 3:
                return {Kind::field, one_of(fields, random_), {}, {}};
            default:
                return text(0);
        }
    }

    std::string map() { return random_.chance(50) ? "request.headers" : "note"; }

    test::SeededRandom& random_;
};

}  // namespace

Tree random_tree(test::SeededRandom& random) {
    return Generator(random).condition(static_cast<int>(random.between(1, 5)));
}

RequestFacts random_facts(test::SeededRandom& random) {
    RequestFacts facts;
    facts.texts[path] = one_of(texts, random);
    facts.texts[host] = one_of(texts, random);
    facts.texts[visitor_address] = one_of(addresses, random);
    facts.bytes = static_cast<std::int64_t>(random.below(7)) - 3;
    facts.is_tls = random.chance(50);
    facts.headers_of_it.clear();
    facts.notes.clear();
    for (const std::string& key : keys) {
        if (random.chance(50)) {
            facts.headers_of_it[key] = one_of(texts, random);
        }
        if (random.chance(50)) {
            facts.notes[key] = one_of(texts, random);
        }
    }
    return facts;
}

}  // namespace ferrotunnel::expression
