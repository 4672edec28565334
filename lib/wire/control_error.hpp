// Errors of control messages.
#pragma once

#include <string>

#include "wire/code.hpp"

namespace ferrotunnel::wire {

/// `protocol`, or `limit` if something is larger than allowed. The text names the key.
struct ControlError {
    Code code = Code::protocol;
    std::string text;
};

}  // namespace ferrotunnel::wire
