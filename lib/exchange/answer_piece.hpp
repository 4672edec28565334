// A piece of what follows the head of a response.
#pragma once

#include <cstdint>
#include <string_view>

#include "buffer/slab.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::exchange {

struct AnswerPiece {
    enum class Kind : std::uint8_t {
        nothing,  // for now; the stream wakes its user
        later,    // plugins have more to produce, and others should run first
        data,
        end,
        broken,  // the rest cannot arrive; `why` is the reason
    } kind = Kind::nothing;
    buffer::Slice data{};
    std::string_view why{};
    wire::Code code = wire::Code::none;  // of the reset, if there was one
};

}  // namespace ferrotunnel::exchange
