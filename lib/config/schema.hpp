// The schema of a plugin's settings: their keys, types, bounds and defaults. It is written in a subset of JSON Schema
// 2020-12, described in docs/plugins/schema.md; anything else is rejected.
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

/// Immutable; copies share the compiled schema, and may be used from any thread.
class Schema {
public:
    /// Compiles a schema in JSON or YAML. The findings have their places in `text`.
    static Result<Schema, std::vector<Finding>> compile(std::string_view text);

    /// Checks settings that are part of a file. Returns them with all defaults, or nothing if there are problems, which
    /// go to the report of the value's context.
    std::optional<CheckedValue> check(const Value& value, const SecretSource& secrets) const;

    /// Checks settings in a separate text, JSON or YAML, without variables. The findings have their places in `text`.
    Result<CheckedValue, std::vector<Finding>> parse(std::string_view text, const SecretSource& secrets) const;

    /// Checks settings requested by a client: like parse(), but keys that clients may not set (`x-client`) are
    /// problems, and the defaults are those for clients. Files and environment of the server are not read.
    Result<CheckedValue, std::vector<Finding>> parse_for_client(std::string_view text) const;
    /// Whether clients may set any key; types without such a key are not available to clients.
    bool is_for_clients() const noexcept;

    /// Documentation: a Markdown table with a line for each key.
    std::string describe() const;

private:
    explicit Schema(SchemaNode root);
    Result<CheckedValue, std::vector<Finding>> parse_as(std::string_view text, const SecretSource& secrets,
                                                        bool of_client) const;

    std::shared_ptr<const SchemaNode> root_;
};

}  // namespace ferrotunnel::config
