// Bodies in tests of plugins: cuts them into pieces and sends them through the plugins.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/http_run.hpp"

namespace ferrotunnel::plugin {

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
