#include "config/expand.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "base/limits.hpp"

namespace ferrotunnel::config {
namespace {

std::optional<std::string> expand_environment(const std::string& name) {
    static const std::map<std::string, std::string> variables{
        {"HOST", "example.com"},
        {"EMPTY", ""},
        {"DOLLAR", "${HOST}$"},
        {"LONG", std::string(limits::config_text_max, 'x')},
        {"TOO_LONG", std::string(limits::config_text_max + 1, 'x')},
    };
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
}

std::string expanded(const std::string& text) {
    const auto result = expand(text, expand_environment);
    INFO(text);
    REQUIRE(result);
    return *result;
}

std::string error_of(const std::string& text) {
    const auto result = expand(text, expand_environment);
    INFO(text);
    REQUIRE_FALSE(result);
    return result.error().text;
}

}  // namespace

TEST_CASE("variables stand for their values", "[expand]") {
    CHECK(expanded("") == "");
    CHECK(expanded("plain") == "plain");
    CHECK(expanded("${HOST}") == "example.com");
    CHECK(expanded("a.${HOST}:${EMPTY}80") == "a.example.com:80");
    CHECK(expanded("${HOST:-other}") == "example.com");
    CHECK(expanded("${EMPTY:-other}") == "other");
    CHECK(expanded("${NONE:-other}") == "other");
    CHECK(expanded("${NONE:-}") == "");
    CHECK(expanded("${NONE:-a:-b}") == "a:-b");
}

TEST_CASE("a dollar sign is written twice, and values are taken as they are", "[expand]") {
    CHECK(expanded("$$") == "$");
    CHECK(expanded("a$$b$$$$c") == "a$b$$c");
    CHECK(expanded("$${HOST}") == "${HOST}");
    CHECK(expanded("${DOLLAR}") == "${HOST}$");
}

TEST_CASE("what is not a variable is an error", "[expand]") {
    CHECK(error_of("${NONE}") == "the variable NONE is not set");
    CHECK(error_of("x $ y") == "a single $; write $$ for the character, ${NAME} for a variable");
    CHECK(error_of("$HOST") == error_of("x $ y"));
    CHECK(error_of("$") == error_of("x $ y"));
    CHECK(error_of("${HOST") == "a ${ without a closing }");
    for (const char* wrong : {"${}", "${:-x}", "${1A}", "${A B}", "${A-x}", "${hunter2!}"}) {
        CHECK(error_of(wrong).find("expected the name of a variable") == 0);
        CHECK(error_of(wrong).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("what variables put in is bounded", "[expand]") {
    CHECK(expanded("${LONG}").size() == limits::config_text_max);
    CHECK(error_of("${TOO_LONG}") == "the variable TOO_LONG is longer than 65536 bytes");
    CHECK(error_of("${LONG}${HOST}") == "longer than 65536 bytes with its variables");
}

}  // namespace ferrotunnel::config
