// From the bytes of a YAML file to a tree. What YAML offers beyond texts, lists and maps is refused: anchors and
// aliases (a small file of them can stand for billions of values), merge keys, tags, keys that are no text, and more
// than one document.
#pragma once

#include <string_view>

#include "config/node.hpp"
#include "config/report.hpp"

namespace ferrotunnel::config {

/// The root, a map; empty when the text is none. Everything that is wrong goes to `report`. A syntax error ends the
/// reading, as nobody can tell what was meant after it.
Node parse_document(std::string_view text, Report& report);

}  // namespace ferrotunnel::config
