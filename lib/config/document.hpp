// Parses the bytes of a YAML file into a tree. YAML features beyond texts, lists and maps are rejected: anchors and
// aliases (a small file of them can expand to billions of values), merge keys, tags, keys that are not texts, and more
// than one document.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/limits.hpp"
#include "config/node.hpp"
#include "config/report.hpp"

namespace ferrotunnel::config {

/// Limits of a document. The defaults are for configuration files.
struct DocumentBounds {
    std::size_t nesting = limits::config_nesting_max;  // of lists and keys
    std::size_t values = limits::config_values_max;    // and keys
};

/// Returns the root, a map; it is empty if `text` is not such a document. All problems go to `report`. A syntax error
/// ends the parsing, since the rest would be ambiguous.
Node parse_document(std::string_view text, Report& report, const DocumentBounds& bounds = {});

}  // namespace ferrotunnel::config
