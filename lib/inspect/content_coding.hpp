// Decoding of compressed bodies.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::inspect {

/// Removes the codings of a Content-Encoding: gzip, deflate and br, one or several. A truncated body gives what is
/// there, and none gives more than `bytes_max`. Empty if it has another coding, or does not match its coding.
std::optional<std::string> decoded(std::string_view body, std::string_view codings, std::size_t bytes_max);

}  // namespace ferrotunnel::inspect
