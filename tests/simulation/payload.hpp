// Payload bytes as a function of who sends them and where: what arrives can be checked without keeping what was sent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

#include "base/bytes.hpp"

namespace ferrotunnel::simulation {

/// One sequence of bytes for each direction of each stream. Offsets far apart give unrelated bytes.
class Payload {
public:
    explicit Payload(std::uint64_t key) noexcept : key_(key) {}

    void fill(std::uint64_t offset, MutableBytes out) const noexcept {
        each_word(offset, out.size(), [&](std::size_t at, const std::uint8_t* word, std::size_t n) {
            std::memcpy(out.data() + at, word, n);
            return true;
        });
    }

    /// The index of the first byte that is not what it should be.
    std::optional<std::size_t> first_difference(std::uint64_t offset, Bytes bytes) const noexcept {
        std::optional<std::size_t> found;
        each_word(offset, bytes.size(), [&](std::size_t at, const std::uint8_t* word, std::size_t n) {
            if (std::memcmp(bytes.data() + at, word, n) == 0) {
                return true;
            }
            const std::uint8_t* end = word + n;
            found = at + static_cast<std::size_t>(std::mismatch(word, end, bytes.data() + at).first - word);
            return false;
        });
        return found;
    }

private:
    template <typename Visit>
    void each_word(std::uint64_t offset, std::size_t size, Visit visit) const noexcept {
        std::size_t at = 0;
        while (at < size) {
            std::uint64_t word = mix((offset + at) / 8);
            std::size_t skip = (offset + at) % 8;
            std::size_t n = std::min<std::size_t>(8 - skip, size - at);
            std::uint8_t raw[8];
            std::memcpy(raw, &word, 8);
            if (!visit(at, raw + skip, n)) {
                return;
            }
            at += n;
        }
    }

    std::uint64_t mix(std::uint64_t index) const noexcept {
        std::uint64_t mixed = (key_ ^ index) * 0x9e37'79b9'7f4a'7c15;
        mixed = (mixed ^ (mixed >> 29)) * 0xbf58'476d'1ce4'e5b9;
        return mixed ^ (mixed >> 32);
    }

    std::uint64_t key_;
};

}  // namespace ferrotunnel::simulation
