// Labels of host names in the form in which they are compared, and names of members.
#pragma once

#include <algorithm>
#include <string_view>

#include "base/limits.hpp"

namespace ferrotunnel::cluster {

/// Whether the edge accepts the label in a host: 1 to 63 lower-case letters, digits, '-' and '_'.
inline bool is_label(std::string_view text) noexcept {
    return !text.empty() && text.size() <= ferrotunnel::limits::host_label_max &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

}  // namespace ferrotunnel::cluster
