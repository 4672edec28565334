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

    /// Checks settings that a client asks for: like parse(), but keys that are not for clients (`x-client`) are
    /// problems, and their defaults are those for clients. Nothing of the server (files, its environment) is read.
    Result<CheckedValue, std::vector<Finding>> parse_for_client(std::string_view text) const;
    /// Whether a client may say anything: types without such a key are not for clients.
    bool is_for_clients() const noexcept;

    /// The documentation: a Markdown table with a line for each key.
    std::string describe() const;

private:
    explicit Schema(SchemaNode root);
    Result<CheckedValue, std::vector<Finding>> parse_as(std::string_view text, const SecretSource& secrets,
                                                        bool of_client) const;

    std::shared_ptr<const SchemaNode> root_;
};

}  // namespace ferrotunnel::config
