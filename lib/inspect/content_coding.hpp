// Bodies as they were before they were compressed for the way.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::inspect {

/// Takes off what a Content-Encoding says: gzip, deflate and br, one or several. A body that was cut gives what is
/// there, and nothing gives more than `bytes_max`. Nothing: it has another coding, or is none of that.
std::optional<std::string> decoded(std::string_view body, std::string_view codings, std::size_t bytes_max);

}  // namespace ferrotunnel::inspect
