// Where a place within a condition is in its file.
#include <catch2/catch.hpp>
#include <string>

#include "settings/plugin_scope.hpp"

namespace ferrotunnel {
namespace {

/// "line:column" of a place in a value that stands at `line` and `column` of the file.
std::string place(const std::string& file, unsigned line, unsigned column, const std::string& text,
                  expression::Place at) {
    const config::Place found = detail::place_within(file, {line, column}, text, at);
    return std::to_string(found.line) + ':' + std::to_string(found.column);
}

}  // namespace

TEST_CASE("a place within a condition is one in the file, where the text stands there as it is", "[plugins]") {
    CHECK(place("a: b\nwhen: x && y\n", 2, 7, "x && y", {1, 6}) == "2:12");
    CHECK(place("when: \"x && y\"\n", 1, 7, "x && y", {1, 6}) == "1:13");
    CHECK(place("{headers: {}, when: a}\n- headers: a\n", 1, 21, "a", {1, 1}) == "1:21");
    CHECK(place("when: |\n  x\n    && y\n", 1, 7, "x\n  && y\n", {2, 6}) == "3:8");
    CHECK(place("when: |\n\n  x\n", 1, 7, "\nx\n", {2, 1}) == "3:3");
    CHECK(place("caf\xc3\xa9: {when: \"caf\xc3\xa9 && y\"}\n", 1, 14, "caf\xc3\xa9 && y", {1, 9}) == "1:23");
}

TEST_CASE("a place in a text that the file has in another form is that of the value", "[plugins]") {
    CHECK(place("when: \"x \\u0026\\u0026 y\"\n", 1, 7, "x && y", {1, 6}) == "1:7");
    CHECK(place("when: x\n  && y\n", 1, 7, "x && y", {1, 6}) == "1:7");
    CHECK(place("when: >\n  x\n  && y\n", 1, 7, "x && y\n", {1, 6}) == "1:7");
    CHECK(place("when: \"\"\n", 1, 7, "", {1, 1}) == "1:7");
    CHECK(place("when: &a b\n", 9, 9, "x", {5, 5}) == "9:9");
}

}  // namespace ferrotunnel
