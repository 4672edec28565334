// Variables inside texts: ${NAME}, ${NAME:-default}, and $$ for a dollar sign.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ferrotunnel::config {

/// Returns the value of a variable, or nothing if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The error of `expand`, which never repeats a value. The value of a variable is not expanded further. The default
/// after ":-" is for a variable that is not set or empty.
struct ExpandError {
    std::string text;
};
Result<std::string, ExpandError> expand(std::string_view text, const Environment& environment);

}  // namespace ferrotunnel::config
