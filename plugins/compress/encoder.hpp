// Compressing, piece by piece, in memory that has a bound: zlib for gzip, libbrotlienc for brotli.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "compress/accept_encoding.hpp"

namespace ferrotunnel::plugins {

/// How far an encoder is to go.
enum class Goal : std::uint8_t {
    take,    // all of the input is taken; some of it may be held back
    flush,   // and a reader can read all of it
    finish,  // and nothing follows
};

class Encoder {
public:
    virtual ~Encoder() = default;

    struct Step {
        std::size_t written = 0;
        bool is_done = false;  // the goal is reached; otherwise there was too little room
    };
    /// Takes bytes from the front of `input`, and writes to `room`, which is not empty. Until a goal is reached it
    /// stays the same, and nothing is added to the input. Throws std::runtime_error where there is no memory.
    virtual Step encode(std::string_view& input, Goal goal, std::span<char> room) = 0;

    /// `level`: 1 to 9 for gzip, 1 to 6 for brotli. Throws std::runtime_error where there is no memory.
    static std::unique_ptr<Encoder> make(Coding coding, int level);
};

/// The most memory that an encoder ever has: 320 KiB for gzip, 2.5 MiB for brotli. Its allocations are counted, and
/// fail beyond it.
std::size_t encoder_memory_max(Coding coding) noexcept;

}  // namespace ferrotunnel::plugins
