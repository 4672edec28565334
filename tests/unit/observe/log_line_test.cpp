#include "observe/log_line.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace ferrotunnel::observe {

namespace {
std::string text(std::string_view message, std::vector<LogPair> fields = {}) {
    return text_line(message, fields);
}
std::string json(std::string_view message, std::vector<LogPair> fields = {}) {
    return json_rest(message, fields);
}
}  // namespace

TEST_CASE("a text line shows message and fields, quoted where they need it", "[log]") {
    CHECK(text("listening") == "listening");
    CHECK(text("visitor refused", {{"service", "web"}, {"text", "no room"}}) ==
          "visitor refused  service=web text=\"no room\"");
    CHECK(text("x", {{"a", ""}, {"b", "say \"hi\""}, {"c", "back\\slash"}, {"d", "a=b"}}) ==
          R"(x  a="" b="say \"hi\"" c="back\\slash" d="a=b")");
}

TEST_CASE("foreign text cannot break a text line or steer the terminal", "[log]") {
    CHECK(text("two\nlines") == "two\\nlines");
    CHECK(text("x", {{"a", "\033[2J\r\n\t\x7f"}}) == R"(x  a="\x1b[2J\x0d\n\x09\x7f")");
    CHECK(text("x", {{"a", "\xc2\x9b"}}) == R"(x  a="\xc2\x9b")");  // CSI as one character
    CHECK(text("x", {{"a",
                      "\xe2\x80\xae"
                      "b"}}) == R"(x  a="\xe2\x80\xaeb")");  // turns the direction of the line
    CHECK(text("gr\xc3\xbc\xc3\x9f") == "gr\xc3\xbc\xc3\x9f");
    CHECK(text("bad \xff") == R"(bad \xff)");
}

TEST_CASE("a JSON line is valid whatever is in it", "[log]") {
    CHECK(json("hello") == R"(,"msg":"hello"})");
    CHECK(json("q\"b\\", {{"k", "v\n\x01"}}) == R"(,"msg":"q\"b\\","k":"v\u000a\u0001"})");
    CHECK(json("m", {{"ts", "1"}, {"level", "2"}, {"msg", "3"}}) == R"(,"msg":"m","ts_":"1","level_":"2","msg_":"3"})");
}

TEST_CASE("bytes that are no UTF-8 become replacement characters in JSON", "[log]") {
    const std::string replaced = "\xef\xbf\xbd";
    struct Example {
        std::string in;
        std::string out;
    };
    const std::vector<Example> examples{
        {"\xc3\xbc", "\xc3\xbc"},
        {"\xe2\x82\xac", "\xe2\x82\xac"},
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xc3", replaced},                                               // cut
        {"\xe2\x82", replaced + replaced},                                // cut
        {"\xc0\xaf", replaced + replaced},                                // overlong
        {"\xe0\x80\xaf", replaced + replaced + replaced},                 // overlong
        {"\xed\xa0\x80", replaced + replaced + replaced},                 // surrogate
        {"\xf4\x90\x80\x80", replaced + replaced + replaced + replaced},  // beyond U+10FFFF
        {"\x80", replaced},
        {"a\xff"
         "b",
         "a" + replaced + "b"},
    };
    for (const Example& example : examples) {
        CHECK(json(example.in) == ",\"msg\":\"" + example.out + "\"}");
    }
}

}  // namespace ferrotunnel::observe
