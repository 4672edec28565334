// Compiles the text of a schema, and rejects unknown keywords.
#pragma once

#include "config/reader.hpp"
#include "config/schema_node.hpp"

namespace ferrotunnel::config {

/// Problems go to the report of the context; the result is then not usable.
SchemaNode compile_schema(const Value& root);

}  // namespace ferrotunnel::config
