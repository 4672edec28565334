// What the tests of schemas share.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "config/document.hpp"
#include "config/schema.hpp"

namespace ferrotunnel::config {

/// "line:column path: text" of each.
inline std::vector<std::string> lines_of(const std::vector<Finding>& findings) {
    std::vector<std::string> lines;
    for (const Finding& finding : findings) {
        lines.push_back(std::to_string(finding.place.line) + ':' + std::to_string(finding.place.column) + ' ' +
                        finding.path + (finding.path.empty() ? "" : ": ") + finding.text);
    }
    return lines;
}

inline std::string only_line_of(const std::vector<Finding>& findings) {
    const std::vector<std::string> lines = lines_of(findings);
    CAPTURE(lines);
    REQUIRE(lines.size() == 1);
    return lines[0];
}

inline Schema compiled(const std::string& text) {
    const auto schema = Schema::compile(text);
    INFO(text.substr(0, 1'000));
    if (!schema) {
        CAPTURE(lines_of(schema.error()));
        REQUIRE(schema);
    }
    return *schema;
}

/// A schema with one key, `x`.
inline Schema schema_of_x(const std::string& of_x) {
    return compiled("{\"type\": \"object\", \"properties\": {\"x\": " + of_x + "}}");
}

inline CheckedValue parsed(const Schema& schema, const std::string& text) {
    const auto value = schema.parse(text, {});
    INFO(text.substr(0, 1'000));
    if (!value) {
        CAPTURE(lines_of(value.error()));
        REQUIRE(value);
    }
    return *value;
}

inline std::string problem_of(const Schema& schema, const std::string& text) {
    const auto value = schema.parse(text, {});
    INFO(text.substr(0, 1'000));
    REQUIRE_FALSE(value);
    return only_line_of(value.error());
}

}  // namespace ferrotunnel::config
