// The parts of a request that its record has with masks, as they passed: what a replay sends. They are no part of an
// Exchange, which everything is made from that shows what was recorded, and so in no list, archive, page or log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ferrotunnel::inspect {

struct Original {
    std::string head{};                 // empty: the record has it as it was, or it is not kept (any more)
    std::optional<std::string> body{};  // likewise; with its Content-Encoding, and whole

    std::uint64_t bytes() const noexcept { return head.size() + (body ? body->size() : 0); }
};

}  // namespace ferrotunnel::inspect
