// Bodies in tests of plugins: cut into pieces, and sent through those who have asked for them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/http_run.hpp"

namespace ferrotunnel::plugin {

/// The pieces of a body that is cut at these places, in order; the last one may be empty. Throws std::invalid_argument
/// where they do not ascend, or are beyond the body.
std::vector<std::string_view> pieces_of(std::string_view body, const std::vector<std::size_t>& cuts);

/// What came out of a body's way through plugins.
struct PassedBody {
    std::string bytes;
    bool complete = true;  // else one of them has failed on it
};

/// Sends a body through them; `way` is null where nobody has asked for it.
PassedBody pass_body(hooks::BodyWay* way, std::string_view body, const std::vector<std::size_t>& cuts);

}  // namespace ferrotunnel::plugin
