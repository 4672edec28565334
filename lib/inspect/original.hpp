// Original parts of a request that is masked in its record: what a replay sends. They are not part of an Exchange, from
// which everything that shows recordings is made, and so appear in no list, archive, page or log.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ferrotunnel::inspect {

struct Original {
    std::string head{};                 // empty if the record has it unmasked, or it is not kept (any more)
    std::optional<std::string> body{};  // likewise; with its Content-Encoding, and complete

    std::uint64_t bytes() const noexcept { return head.size() + (body ? body->size() : 0); }
};

}  // namespace ferrotunnel::inspect
