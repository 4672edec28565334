// A piece of what follows the head of an answer.
#pragma once

#include <cstdint>
#include <string_view>

#include "buffer/slab.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

struct AnswerPiece {
    enum class Kind : std::uint8_t {
        nothing,  // for now; the stream wakes its user
        later,    // plugins have more to make of it, and others should have a turn first
        data,
        end,
        broken,  // the rest cannot come; `why` says why
    } kind = Kind::nothing;
    buffer::Slice data{};
    std::string_view why{};
    wire::Code code = wire::Code::none;  // of the reset, where it was one
};

}  // namespace ferrotunnel::exchange
