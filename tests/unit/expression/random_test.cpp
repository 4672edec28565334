// Random expressions mean what a plain evaluation says, and nothing that is no expression does harm.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "expression/limits.hpp"
#include "random_tree.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::expression;

namespace {

// Whether a place is within the source, or right behind it.
bool is_within(const Place& place, std::string_view source) {
    for (std::size_t line = 1; line < place.line; ++line) {
        const std::size_t end = source.find('\n');
        if (end == std::string_view::npos) {
            return false;
        }
        source.remove_prefix(end + 1);
    }
    return place.line >= 1 && place.column >= 1 && place.column <= source.substr(0, source.find('\n')).size() + 1;
}

void require_harmless(const std::string& source, const RequestFacts& facts) {
    const auto expression = Expression::compile(source, request_fields);
    CAPTURE(source);
    if (expression) {
        CHECK(expression->holds(facts) == expression->holds(facts));
        return;
    }
    const Fault& fault = expression.error();
    CAPTURE(fault.place.line, fault.place.column, fault.text);
    REQUIRE(is_within(fault.place, source));
    REQUIRE_FALSE(fault.text.empty());
    REQUIRE(is_printable(fault.text));
}

}  // namespace

TEST_CASE("random expressions: what is compiled and what a plain evaluation says agree") {
    test::SeededRandom random(11);
    std::size_t compiled_ones = 0;
    std::size_t true_ones = 0;
    for (int round = 0; round < 10'000; ++round) {
        const Tree tree = random_tree(random);
        const std::string source = written(tree, random);
        const auto expression = Expression::compile(source, request_fields);
        CAPTURE(round, source);
        if (!expression) {
            const std::string& fault = expression.error().text;
            CAPTURE(fault);
            REQUIRE(fault.find("more than") + fault.find("longer than") != 2 * std::string::npos);  // of some limit
            continue;
        }
        ++compiled_ones;
        for (int look = 0; look < 5; ++look) {
            const RequestFacts facts = random_facts(random);
            const bool expected = std::get<bool>(outcome_of(tree, facts));
            REQUIRE(expression->holds(facts) == expected);
            true_ones += expected ? 1U : 0U;
        }
    }
    CHECK(compiled_ones > 9'000);
    CHECK(true_ones > compiled_ones);  // of five looks at each
    CHECK(true_ones < 4 * compiled_ones);
}

TEST_CASE("random expressions: mutations of right ones are compiled or told to be wrong") {
    test::SeededRandom random(12);
    const std::string pieces = "\"'\\()[]!&|=<>?:.,-/ \nrx1azA_{}\xc3\xa9\x01#";
    for (int round = 0; round < 20'000; ++round) {
        std::string source = written(random_tree(random), random);
        for (std::uint64_t changes = random.between(1, 4); changes > 0 && !source.empty(); --changes) {
            const std::size_t at = random.below(source.size());
            const std::size_t length = random.below(std::min<std::size_t>(source.size() - at, 8) + 1);
            switch (random.below(3)) {
                case 0:
                    source.erase(at, length);
                    break;
                case 1:
                    source.insert(at, 1, pieces[random.below(pieces.size())]);
                    break;
                default:
                    source.insert(random.below(source.size()), source.substr(at, length));
                    break;
            }
        }
        require_harmless(source, random_facts(random));
    }
}

TEST_CASE("random expressions: bytes and tokens in any order are told to be wrong, or mean something") {
    test::SeededRandom random(13);
    const std::vector<std::string> tokens = {"true", "1", "'a'", "note", ".",        "a",   "(", ")",
                                             "[",    "]", "!",   "&&",   "||",       "==",  "<", "in",
                                             "?",    ":", ",",   "has",  "contains", "size"};
    const RequestFacts facts;
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes;
        std::string words;
        for (std::uint64_t left = random.below(20); left > 0; --left) {
            bytes += static_cast<char>(random.below(256));
            words += tokens[random.below(tokens.size())] + ' ';
        }
        require_harmless(bytes, facts);
        require_harmless(words, facts);
    }
}
