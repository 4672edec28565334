#include "config/report.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace ferrotunnel::config {

TEST_CASE("findings come in the order of the file", "[report]") {
    Report report;
    report.add({3, 1}, "c", "third");
    report.add({1, 9}, "b", "second");
    report.add({1, 2}, "a", "first");
    report.add({1, 2}, "a", "the same place, later");
    const std::vector<Finding> findings = report.take();
    REQUIRE(findings.size() == 4);
    CHECK(findings[0].text == "first");
    CHECK(findings[1].text == "the same place, later");
    CHECK(findings[3].path == "c");
    CHECK(report.empty());
}

TEST_CASE("of very many the first ones are told", "[report]") {
    for (const unsigned more : {0U, 1U}) {
        Report report;
        for (unsigned line = 1; line <= limits::config_problems_max + more; ++line) {
            report.add({line, 1}, "key", "wrong");
        }
        const std::vector<Finding> findings = report.take();
        CHECK(findings.size() == limits::config_problems_max + more);
        CHECK(findings.back().text == (more == 0 ? "wrong" : "and 1 more problems after this place"));
    }
}

TEST_CASE("what has the form of a token is not repeated", "[report]") {
    const std::string token = "ft1_" + std::string(48, 'a');
    CHECK(without_tokens("found \"" + token + "\" here") == "found \"ft1_***\" here");
    CHECK(without_tokens(token + token.substr(0, 20)) == "ft1_***");
    CHECK(without_tokens(token.substr(0, 20) + "," + token) == "ft1_***,ft1_***");
    CHECK(without_tokens("ft1_file.token") == "ft1_file.token");
    CHECK(without_tokens("") == "");
    const std::string key = "ftc1_" + std::string(52, 'A');  // of a cluster
    CHECK(without_tokens("a " + key + " b " + token) == "a ftc1_*** b ft1_***");
    CHECK(without_tokens(token + ' ' + key.substr(0, 20)) == "ft1_*** ftc1_***");
    CHECK(without_tokens("ftc1_file.key") == "ftc1_file.key");
    Report report;
    report.add({}, token, token);
    const Finding only = report.take().front();
    CHECK(only.path == "ft1_***");
    CHECK(only.text == "ft1_***");
}

TEST_CASE("what came out of a variable is shown as the file has it", "[report]") {
    CHECK(as_written("\"secret\" is not a valid address", "secret", "${X}") == "\"${X}\" is not a valid address");
    CHECK(as_written("a secret", "secret", "${X}") == "a secret");  // not in quotes: it is our own word
    CHECK(as_written("\"\" is empty", "", "${X}") == "\"\" is empty");
    const std::string longer(150, 'x');
    CHECK(as_written('"' + longer + '"', longer, "${X}") == "\"${X}\"");
    CHECK(as_written(in_quotes(longer) + " is not a valid address", longer, "${X}") ==
          "\"${X}\" is not a valid address");
}

}  // namespace ferrotunnel::config
