// Every limit is reached, and passed by one.
#include "expression/limits.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "request_facts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::expression;

namespace {

std::string repeated(std::string_view piece, std::size_t times) {
    std::string text;
    for (std::size_t i = 0; i < times; ++i) {
        text += piece;
    }
    return text;
}

}  // namespace

TEST_CASE("limits: length of the source") {
    const std::string longest = std::string(limits::expression_source_max - 4, ' ') + "true";
    CHECK(holds(longest));
    CHECK(fault_of(longest + ' ') == "1:1: the expression is longer than 4096 bytes");
}

TEST_CASE("limits: nesting") {
    constexpr std::size_t deepest = limits::expression_nesting_max;
    const std::string words = "this is nested more than 32 deep";

    const auto in_parentheses = [](std::size_t depth) { return repeated("(", depth) + "true" + repeated(")", depth); };
    CHECK(holds(in_parentheses(deepest)));
    CHECK(fault_of(in_parentheses(deepest + 1)) == "1:34: " + words);

    const auto negated = [](std::size_t depth) { return repeated("!", depth) + "true"; };
    CHECK(holds(negated(deepest)));
    CHECK(fault_of(negated(deepest + 1)) == "1:33: " + words);

    const auto choices = [](std::size_t depth) { return repeated("false ? false : ", depth) + "true"; };
    CHECK(holds(choices(deepest)));
    CHECK(fault_of(choices(deepest + 1)) == "1:529: " + words);

    const auto methods_in_a_row = [](std::size_t depth) {
        return "'A'" + repeated(".lowerAscii()", depth - 1) + ".contains('a')";
    };
    CHECK(holds(methods_in_a_row(deepest - 1)));  // the argument is one level deeper
    CHECK(fault_of(methods_in_a_row(deepest)) == "1:417: " + words);

    // Levels end with what they are for, and do not add up.
    CHECK(holds(in_parentheses(deepest) + " && " + in_parentheses(deepest) + " && " + negated(deepest)));
    CHECK(holds(repeated("'a'.contains('a') && ", 100) + "true"));
}

TEST_CASE("limits: the deepest tree") {
    std::string source = "true";
    for (std::size_t level = 0; level < limits::expression_nesting_max; ++level) {
        source = "true ? true && (" + source + ") == true || false : false";
    }
    CHECK(holds(source));
    CHECK(fault_of('(' + source + ')') != "");
}

TEST_CASE("limits: nodes") {
    // Each comparison is three, and all together have one more.
    const std::string most = repeated("1<2&&", (limits::expression_nodes_max - 2) / 3) + "true";
    CHECK((limits::expression_nodes_max - 2) % 3 == 0);
    CHECK(holds(most));
    CHECK(fault_of(most + "&&true") == "1:" + std::to_string(most.size() + 3) +
                                           ": the expression has more than 512 operators, calls, names and literals");
}

TEST_CASE("limits: elements of a list") {
    const std::string most = "1 in [" + repeated("0,", limits::expression_list_max - 1);
    CHECK(holds(most + "1]"));
    CHECK(holds(most + "1,]"));
    CHECK(fault_of(most + "1,2]") == "1:519: the list has more than 256 elements");
}

TEST_CASE("limits: number of regular expressions") {
    const std::string most = repeated("''.matches('') && ", limits::expression_regexes_max - 1) + "''.matches('')";
    CHECK(holds(most));
    CHECK(fault_of(most + " && ''.matches('')") == "1:156: the expression has more than 8 regular expressions");
}

TEST_CASE("limits: size of a regular expression") {
    // RE2 adds a few instructions of its own, so the longest that is taken is looked for.
    const auto pattern = [](std::size_t length) { return "^[a-z]{500}[a-z]{" + std::to_string(length) + "}$"; };
    const auto source = [&](std::size_t length) { return "''.matches('" + pattern(length) + "')"; };
    std::size_t longest = 500;
    while (longest < 600 && fault_of(source(longest + 1)).empty()) {
        ++longest;
    }
    CHECK(fault_of(source(longest + 1)) ==
          "1:12: the regular expression is too large: with repetitions written out it has more than a thousand "
          "characters");
    RequestFacts facts;
    facts.texts[path] = std::string(500 + longest, 'q');
    CHECK(holds("request.path.matches('" + pattern(longest) + "')", facts));

    // What RE2 refuses by itself, since it does not fit into its memory, is worded alike.
    CHECK(fault_of("''.matches('" + repeated("[a-z]{1000}", 20) + "')") == fault_of(source(longest + 1)));
}
