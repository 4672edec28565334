// Randomness that a test can replay: the same seed gives the same bytes on every machine.
//
// The generator is xoshiro256++ (Blackman and Vigna), its state filled by splitmix64 so that neighbouring seeds, 1 and
// 2 say, give unrelated sequences. Not for secrets, and one object is for one thread.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/random.hpp"
#include "base/split_mix.hpp"

namespace ferrotunnel::test {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) noexcept {
        for (std::uint64_t& word : state_) {
            word = split_mix(seed += split_mix_step);
        }
    }

    void fill(MutableBytes out) override {
        std::size_t at = 0;
        while (at < out.size()) {
            std::uint64_t word = next_word();
            for (int i = 0; i < 8 && at < out.size(); ++i) {
                out[at++] = static_cast<std::uint8_t>(word);
                word >>= 8;
            }
        }
    }

    /// True `percent` times in a hundred.
    bool chance(std::uint64_t percent) { return below(100) < percent; }

    /// A number in [low, high], both included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }

private:
    std::uint64_t next_word() noexcept {
        std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
        std::uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }

    std::array<std::uint64_t, 4> state_{};
};

}  // namespace ferrotunnel::test
