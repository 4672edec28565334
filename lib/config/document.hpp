// Parses the bytes of a YAML file into a tree. What YAML offers beyond texts, lists and maps is refused: anchors and
// aliases (a small file of them can stand for billions of values), merge keys, tags, keys that are not texts, and more
// than one document.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/limits.hpp"
#include "config/node.hpp"
#include "config/report.hpp"

namespace ferrotunnel::config {

/// What a document may hold. The bounds of a configuration file are the default.
struct DocumentBounds {
    std::size_t nesting = limits::config_nesting_max;  // of lists and keys
    std::size_t values = limits::config_values_max;    // and keys
};

/// Returns the root, a map; it is empty when `text` is no such document. Every problem goes to `report`. A syntax error
/// ends the parsing, as nobody can tell what was meant after it.
Node parse_document(std::string_view text, Report& report, const DocumentBounds& bounds = {});

}  // namespace ferrotunnel::config
