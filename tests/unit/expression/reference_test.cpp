// docs/plugins/when.md: its examples compile, and its table of fields is the vocabulary.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <string>

#include "expression/limits.hpp"
#include "request_facts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::expression;

namespace {

std::vector<std::string> lines_of_reference() {
    std::ifstream in(std::string(FERROTUNNEL_SOURCE) + "/docs/plugins/when.md");
    REQUIRE(in);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

// The lines between "```<language>" and "```".
std::vector<std::string> lines_in(std::string_view language) {
    std::vector<std::string> inside;
    bool is_block = false;
    bool is_wanted = false;
    for (const std::string& line : lines_of_reference()) {
        if (line.starts_with("```")) {
            is_block = !is_block;
            is_wanted = is_block && line.substr(3) == language;
        } else if (is_wanted) {
            inside.push_back(line);
        }
    }
    return inside;
}

std::string words_for(Type type) {
    switch (type) {
        case Type::boolean:
            return "true or false";
        case Type::integer:
            return "number";
        case Type::text:
            return "text";
        case Type::address:
            return "address";
        case Type::map:
            break;
    }
    return "map";
}

bool reference_says(const std::string& words) {
    std::string text;
    for (const std::string& line : lines_of_reference()) {
        text += line + ' ';
    }
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("reference: every example compiles") {
    const auto examples = lines_in("cel");
    for (const std::string& example : examples) {
        CAPTURE(example);
        CHECK(fault_of(example) == "");
    }
    CHECK(examples.size() > 20);
}

TEST_CASE("reference: the example of a file and that of a fault are right") {
    std::string condition;
    for (const std::string& line : lines_in("yaml")) {
        condition += line == "when: |" ? "" : line + '\n';
    }
    CHECK_FALSE(holds(condition));  // a visitor from the office
    CHECK(lines_in("") == std::vector<std::string>{fault_of("request.pth == '/'")});
}

TEST_CASE("reference: its fields are the vocabulary") {
    std::set<std::string> rows;
    for (const std::string& line : lines_of_reference()) {
        if (line.starts_with("| `") && line.find("` | ") != std::string::npos) {
            rows.insert(line.substr(0, line.find(" | ", line.find(" | ") + 3)));  // the first two cells
        }
    }
    for (const Field& field : request_fields) {
        CAPTURE(field.name);
        CHECK(rows.contains("| `" + std::string(field.name) + "` | " + words_for(field.type)));
    }
}

TEST_CASE("reference: it says what the limits are") {
    const auto number = [](std::size_t value) { return std::to_string(value); };
    CHECK(reference_says("at most " + number(limits::expression_source_max) + " bytes, " +
                         number(limits::expression_nodes_max) + " operators"));
    CHECK(reference_says(number(limits::expression_list_max) + " elements in a list, " +
                         number(limits::expression_regexes_max) + " regular expressions"));
    CHECK(reference_says("nested " + number(limits::expression_nesting_max) + " deep"));
}
