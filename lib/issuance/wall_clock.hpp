// The wall clock of this machine, by which CAs' times are judged.
#pragma once

#include <chrono>

#include "acme/issued_chain.hpp"

namespace ferrotunnel::issuance {

inline acme::WallTime wall_now() {
    return std::chrono::system_clock::now();
}

}  // namespace ferrotunnel::issuance
