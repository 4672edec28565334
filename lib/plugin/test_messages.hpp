// Messages in tests of plugins: heads as lists of fields and as text, and bodies that are cut into pieces and sent
// through the plugins.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin_testing.hpp"
#include "hooks/http_run.hpp"

namespace ferrotunnel::plugin {

// --- heads

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

// --- bodies

/// The pieces of a body that is cut at these ascending places; the last one may be empty. Throws std::invalid_argument
/// if they do not ascend, or are beyond the body.
std::vector<std::string_view> pieces_of(std::string_view body, const std::vector<std::size_t>& cuts);

/// The output of a body's path through plugins.
struct PassedBody {
    std::string bytes;
    bool complete = true;  // otherwise a plugin has failed on it
};

/// Sends a body through plugins; `filters` is null if no plugin requested it.
PassedBody pass_body(hooks::BodyFilters* filters, std::string_view body, const std::vector<std::size_t>& cuts);

}  // namespace ferrotunnel::plugin
