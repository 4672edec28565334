// Why somebody does not get what they ask for.
#pragma once

#include <string>

#include "wire/code.hpp"

namespace ferrotunnel::directory {

/// Why something is refused; the text is for the peer's user.
struct Refusal {
    wire::Code code = wire::Code::none;
    std::string text;
};

}  // namespace ferrotunnel::directory
