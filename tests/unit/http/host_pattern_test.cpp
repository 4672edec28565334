#include "http/host_pattern.hpp"

#include <catch2/catch.hpp>

#include "base/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;

namespace {

std::string pattern_problem(std::string_view text) {
    const auto pattern = parse_host_pattern(text);
    return pattern ? "none" : pattern.error().text;
}

bool matches(std::string_view pattern, std::string_view host) {
    return parse_host_pattern(pattern)->matches(host);
}

}  // namespace

TEST_CASE("host patterns: each is read into one normal form") {
    for (const auto& [written, normal] : {
             std::pair{"app.example.com", "app.example.com"},
             {"App.EXAMPLE.com.", "app.example.com"},
             {"*.Example.com", "*.example.com"},
             {"**.example.com.", "**.example.com"},
             {"*", "*"},
             {"*.com", "*.com"},
             {"localhost", "localhost"},
             {"192.0.2.1", "192.0.2.1"},
             {"[2001:DB8:0::1]", "[2001:db8::1]"},
         }) {
        CAPTURE(written);
        const auto pattern = parse_host_pattern(written);
        REQUIRE(pattern);
        CHECK(pattern->text() == normal);
        CHECK(*parse_host_pattern(pattern->text()) == *pattern);
    }
}

TEST_CASE("host patterns: what they match") {
    CHECK(matches("app.example.com", "app.example.com"));
    CHECK_FALSE(matches("app.example.com", "example.com"));
    CHECK_FALSE(matches("app.example.com", "x.app.example.com"));

    CHECK(matches("*.example.com", "a.example.com"));
    CHECK_FALSE(matches("*.example.com", "example.com"));
    CHECK_FALSE(matches("*.example.com", ".example.com"));
    CHECK_FALSE(matches("*.example.com", "a.b.example.com"));
    CHECK_FALSE(matches("*.example.com", "aexample.com"));
    CHECK_FALSE(matches("*.example.com", "a.example.com.evil"));

    CHECK(matches("**.example.com", "a.example.com"));
    CHECK(matches("**.example.com", "a.b.c.example.com"));
    CHECK_FALSE(matches("**.example.com", "example.com"));
    CHECK_FALSE(matches("**.example.com", "notexample.com"));

    CHECK(matches("*", "a"));
    CHECK(matches("*", "[::1]"));
}

TEST_CASE("host patterns: mistakes have words that help") {
    const std::string middle =
        "has an asterisk in the middle; only `*` (every other host), `*.example.com` (one label in front) and "
        "`**.example.com` (one or more) are patterns";
    CHECK(pattern_problem("https://app.example.com") == "is a URL; write only its host, like app.example.com");
    CHECK(pattern_problem("app.example.com/api") == "has a path; a path is a setting of its own");
    CHECK(pattern_problem("app.example.com:80") ==
          "has a port; hosts are matched on every port, so write only the host");
    CHECK(pattern_problem("app.example.com:") == "has a port; hosts are matched on every port, so write only the host");
    CHECK(pattern_problem("*.example.com:80") == "has a port; hosts are matched on every port, so write only the host");
    CHECK(pattern_problem("a.*.example.com") == middle);
    CHECK(pattern_problem("*.*.example.com") == middle);
    CHECK(pattern_problem("***.example.com") == middle);
    CHECK(pattern_problem("app*.example.com") == middle);
    CHECK(pattern_problem("*example.com") == middle);
    CHECK(pattern_problem("**") == middle);
    CHECK(pattern_problem("") == "is empty");
    CHECK(pattern_problem("*.") == "is empty");
    CHECK(pattern_problem("*..com") == "has an empty label: two dots in a row, or a dot in front");
    CHECK(pattern_problem("a..b") == "has an empty label: two dots in a row, or a dot in front");
    CHECK(pattern_problem("*.192.0.2.1") == "has an address after the asterisk; only names have labels in front");
    CHECK(pattern_problem("*.[::1]") == "has an address after the asterisk; only names have labels in front");
    CHECK(pattern_problem("b\xc3\xbc"
                          "cher.example") == "has a letter beyond ASCII; write the name as DNS has it, with xn--");
    CHECK(pattern_problem("a b") == "has a character that is not valid in a host name");
    CHECK(pattern_problem("user@host") == "has a user name (user@host)");
    CHECK(pattern_problem("127.1") == "ends in a number but is not an IPv4 address like 192.0.2.1");
    CHECK(pattern_problem(std::string(limits::host_label_max + 1, 'a') + ".b") ==
          "is longer than 253 bytes, or one of its labels than 63");
}
