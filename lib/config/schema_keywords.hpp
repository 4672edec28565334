// The keywords of a schema that say what one value may be: `type`, and what goes with each type. Whatever is wrong goes
// to the report.
#pragma once

#include <optional>

#include "config/reader.hpp"
#include "config/schema_node.hpp"

namespace ferrotunnel::config {

struct SchemaType {
    SchemaNode::Form form = SchemaNode::Form::object;
    std::optional<SchemaNode::Form> single;  // of an array: the type of a value that may stand alone in its place
};

/// Reads `type`: one, or a type of single values together with "array".
std::optional<SchemaType> read_type(const Value& value);
/// The type of a schema, as read_type() returns it.
SchemaNode::Form type_of(const SchemaNode& schema) noexcept;

/// Reads `enum`, or `format` with its bounds, or `minLength` and `maxLength`.
void read_string_keywords(Section& keys, SchemaNode& schema);
/// Reads `minimum` and `maximum`, as numbers and formats call them.
void read_bounds(Section& keys, const char* minimum, const char* maximum, SchemaNode& schema);
/// Reads how many characters or items there may be.
void read_count(Section& keys, const char* minimum, const char* maximum, std::uint64_t most, CountRange& range);

}  // namespace ferrotunnel::config
