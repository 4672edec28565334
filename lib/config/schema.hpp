// The schema of a plugin's settings: what keys there are, of what type, with which bounds and defaults. It is written
// in a subset of JSON Schema 2020-12, which docs/plugins/schema.md describes. What is outside of it is refused.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/checked_value.hpp"
#include "config/reader.hpp"
#include "config/report.hpp"
#include "config/secret_text.hpp"

namespace ferrotunnel::config {

struct SchemaNode;

/// Immutable; copies share what was compiled, and may be used from any thread.
class Schema {
public:
    /// Compiles a schema, which is JSON, or the same as YAML. The faults have their places in `text`.
    static Result<Schema, std::vector<Finding>> compile(std::string_view text);

    /// Checks settings that are part of a file. Returns them with all defaults, or nothing when there are problems,
    /// which go to the report of the value's context.
    std::optional<CheckedValue> check(const Value& value, const SecretSource& secrets) const;

    /// Checks settings that are a text of their own, JSON or YAML, without variables. The findings have their places in
    /// `text`.
    Result<CheckedValue, std::vector<Finding>> parse(std::string_view text, const SecretSource& secrets) const;

    /// The documentation: a Markdown table with a line for each key.
    std::string describe() const;

private:
    explicit Schema(SchemaNode root);

    std::shared_ptr<const SchemaNode> root_;
};

}  // namespace ferrotunnel::config
