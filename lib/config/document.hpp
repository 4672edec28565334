// Parses the bytes of a YAML file into a tree. What YAML offers beyond texts, lists and maps is refused: anchors and
// aliases (a small file of them can stand for billions of values), merge keys, tags, keys that are not texts, and more
// than one document.
#pragma once

#include <string_view>

#include "config/node.hpp"
#include "config/report.hpp"

namespace ferrotunnel::config {

/// Returns the root, a map; it is empty when `text` is no such document. Every problem goes to `report`. A syntax error
/// ends the parsing, as nobody can tell what was meant after it.
Node parse_document(std::string_view text, Report& report);

}  // namespace ferrotunnel::config
