// Write rate of the trunk; it determines how much one stream may send in its turn and how much one batch holds. On a
// fast trunk both are large, because the peer then hands larger pieces to each socket. On a slow trunk they are small,
// because scheduled data precedes that of any new stream.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::mux {

class WriteRate {
public:
    explicit WriteRate(TimePoint now) noexcept : since_(now) {}

    /// Counts `bytes` that the trunk accepted. A trunk with nothing to send looks slow, which only makes turns short.
    void count(std::size_t bytes, TimePoint now) noexcept {
        bytes_ += bytes;
        Duration elapsed = now - since_;
        if (elapsed < sample) {
            return;
        }
        auto turns = static_cast<std::uint64_t>(elapsed / limits::turn_time);
        turn_bytes_ = bytes_ / turns;
        bytes_ = 0;
        since_ = now;
    }

    /// What one stream may send in its turn: as much as the trunk accepts in `limits::turn_time`, within bounds.
    std::uint32_t quantum() const noexcept {
        return static_cast<std::uint32_t>(
            std::clamp<std::uint64_t>(turn_bytes_, limits::quantum_min, limits::quantum_max));
    }

    /// What one batch may hold: as much as the trunk accepts in `limits::batch_time`, within bounds.
    std::size_t batch_bytes() const noexcept {
        return static_cast<std::size_t>(std::clamp<std::uint64_t>(
            turn_bytes_ * (limits::batch_time / limits::turn_time), limits::batch_bytes_min, limits::batch_bytes_max));
    }

private:
    static_assert(limits::batch_time >= limits::turn_time);
    static constexpr Duration sample = std::chrono::milliseconds(10);
    static_assert(sample >= limits::turn_time);

    TimePoint since_;
    std::uint64_t bytes_ = 0;
    std::uint64_t turn_bytes_ = 0;
};

}  // namespace ferrotunnel::mux
