// A keyed hash of names that grows piece by piece: host names label by label from their end, paths segment by segment
// from their start, so that one pass over a text gives the hash of every part that a pattern might match.
//
// It is a polynomial over a prime field at a secret point: an attacker without the key cannot choose names that collide
// (the probability for two names is their length over 2^61).
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/split_mix.hpp"

namespace ferrotunnel {

class NameHasher {
public:
    explicit NameHasher(std::uint64_t seed) noexcept
        : point_(mix(seed)), start_(mix(seed + 1)), spread_(mix(seed + 2)) {}

    std::uint64_t start() const noexcept { return start_; }

    /// The hash state after appending a number below 2^60 to what `state` has hashed.
    std::uint64_t number(std::uint64_t state, std::uint64_t number) const noexcept {
        return reduce(static_cast<Wide>(state) * point_ + number);
    }

    /// `state` with a piece appended. The boundaries between pieces affect the result.
    std::uint64_t piece(std::uint64_t state, std::string_view text) const noexcept {
        while (text.size() > 7) {
            state = number(state, load(text.data(), 7));
            text.remove_prefix(7);
        }
        return number(state, load(text.data(), text.size()) | (text.size() + 1) << 56);
    }

    /// The hash that a table is indexed by: similar names are far from each other.
    std::uint64_t finish(std::uint64_t state) const noexcept { return reduce(static_cast<Wide>(state) * spread_); }

private:
    __extension__ using Wide = unsigned __int128;
    static constexpr std::uint64_t prime = (std::uint64_t{1} << 61) - 1;

    static std::uint64_t load(const char* from, std::size_t size) noexcept {
        std::uint64_t value = 0;
        std::memcpy(&value, from, size);
        return value;
    }

    static std::uint64_t reduce(Wide value) noexcept {
        const std::uint64_t sum = (static_cast<std::uint64_t>(value) & prime) + static_cast<std::uint64_t>(value >> 61);
        return sum >= prime ? sum - prime : sum;
    }

    // Makes a number from 2^32 to the prime out of a seed.
    static std::uint64_t mix(std::uint64_t seed) noexcept {
        return split_mix(seed + split_mix_step) % (prime - (std::uint64_t{1} << 32)) + (std::uint64_t{1} << 32);
    }

    std::uint64_t point_;
    std::uint64_t start_;
    std::uint64_t spread_;
};

}  // namespace ferrotunnel
