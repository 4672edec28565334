// Schema keywords for a single value: `type`, and those of each type. Problems go to the report.
#pragma once

#include <optional>

#include "config/reader.hpp"
#include "config/schema_node.hpp"

namespace ferrotunnel::config {

struct SchemaType {
    SchemaNode::Form form = SchemaNode::Form::object;
    std::optional<SchemaNode::Form> single;  // of an array: the type of a single value allowed in its place
};

/// Reads `type`: one, or a type of single values together with "array".
std::optional<SchemaType> read_type(const Value& value);
/// The type of a schema, as read_type() returns it.
SchemaNode::Form type_of(const SchemaNode& schema) noexcept;

/// Reads `enum`, or `format` with its bounds, or `minLength` and `maxLength`.
void read_string_keywords(Section& keys, SchemaNode& schema);
/// Reads the minimum and maximum, under their names for numbers or formats.
void read_bounds(Section& keys, const char* minimum, const char* maximum, SchemaNode& schema);
/// Reads the allowed number of characters or items.
void read_count(Section& keys, const char* minimum, const char* maximum, std::uint64_t most, CountRange& range);

}  // namespace ferrotunnel::config
