// Compiles the text of a schema, and checks that every word of it means something.
#pragma once

#include "config/reader.hpp"
#include "config/schema_node.hpp"

namespace ferrotunnel::config {

/// What is wrong goes to the report of the context; then what comes back is of no use.
SchemaNode compile_schema(const Value& root);

}  // namespace ferrotunnel::config
