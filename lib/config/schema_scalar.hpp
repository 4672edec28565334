// Schema values that are a single text in the file.
#pragma once

#include <optional>
#include <string>

#include "config/reader.hpp"
#include "config/schema_node.hpp"
#include "config/secret_text.hpp"

namespace ferrotunnel::config {

/// Reads a value, and reports problems. `secrets` is null for a default in a schema, which cannot be a secret or a
/// relative path of a file.
std::optional<CheckedValue::Scalar> read_scalar(const SchemaNode& schema, const Value& value,
                                                const SecretSource* secrets);

/// The bounds of a value in words: "from 1 to 5", "at least 100ms"; empty if there are none.
std::string range_text(const SchemaNode& schema);
/// The bounds of a count in words: "3 to 8 items", "at least 1 item"; empty if there are none.
std::string count_text(const CountRange& range, const std::string& thing);
bool is_within(std::uint64_t count, const CountRange& range) noexcept;

}  // namespace ferrotunnel::config
