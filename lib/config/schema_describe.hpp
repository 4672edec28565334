// Documentation of a schema.
#pragma once

#include <string>

#include "config/node.hpp"
#include "config/schema_node.hpp"

namespace ferrotunnel::config {

/// A Markdown table with a line for each key: its path, type, default, bounds and description.
std::string describe(const SchemaNode& root);

/// A value as YAML on one line, like `[10.0.0.0/8, "a b"]`.
std::string written_text(const Node& node);

}  // namespace ferrotunnel::config
