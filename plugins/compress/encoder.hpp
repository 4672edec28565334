// Compresses piece by piece within limited memory: zlib for gzip, libbrotlienc for brotli.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "compress/accept_encoding.hpp"

namespace ferrotunnel::plugins {

/// The goal of an encoder's step.
enum class Goal : std::uint8_t {
    take,    // consume all of the input; some may be held back
    flush,   // also let a reader read all of it
    finish,  // also end: nothing follows
};

class Encoder {
public:
    virtual ~Encoder() = default;

    struct Step {
        std::size_t written = 0;
        bool is_done = false;  // the goal is reached; otherwise there was too little room
    };
    /// Consumes bytes from the front of `input`, and writes to `room`, which must not be empty. Until a goal is reached
    /// it must stay the same, and nothing may be added to the input. Throws std::runtime_error without memory.
    virtual Step encode(std::string_view& input, Goal goal, std::span<char> room) = 0;

    /// `level`: 1 to 9 for gzip, 1 to 6 for brotli. Throws std::runtime_error without memory.
    static std::unique_ptr<Encoder> make(Coding coding, int level);
};

/// The memory limit of an encoder: 320 KiB for gzip, 2.5 MiB for brotli. Its allocations are counted, and fail beyond
/// it.
std::size_t encoder_memory_max(Coding coding) noexcept;

}  // namespace ferrotunnel::plugins
