// Message heads in tests of plugins: converts lists of fields to text and back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_testing.hpp"

namespace ferrotunnel::plugin {

/// The fields as lines of a head.
std::string lines_of(const std::vector<Field>& fields);

/// Content-Length for a body, unless the fields declare its framing; empty without a body.
std::string length_of(const std::vector<Field>& fields, std::string_view body);

/// A parsed head.
struct Written {
    std::string first_line;
    std::vector<Field> fields;
};
Written parse_head(std::string_view head);

/// Removes the first field of that name, and returns its value.
std::string remove_field(std::vector<Field>& fields, std::string_view name);

}  // namespace ferrotunnel::plugin
