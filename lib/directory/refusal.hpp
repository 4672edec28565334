// Reason of a rejected request.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "wire/code.hpp"

namespace ferrotunnel::directory {

/// Why something is refused; the text is for the peer's user.
struct Refusal {
    wire::Code code = wire::Code::none;
    std::string text;
};

/// The reason if a service that is about to be opened has ended meanwhile. Empty if it has not.
using Ended = std::function<std::optional<Refusal>()>;

}  // namespace ferrotunnel::directory
