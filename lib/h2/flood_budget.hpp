// Rate limits for frames that cost us more than they cost their sender, with a bucket for each kind.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/token_bucket.hpp"

namespace ferrotunnel::h2 {

enum class Flood : std::uint8_t {
    resets_received,
    resets_sent,
    pings,
    settings,
    priorities,
    empty_data,
    continuations,
    window_updates,
};

/// The kind's name, for the log: "resets_received".
const char* name_of(Flood kind) noexcept;

class FloodBudget {
public:
    /// Counts one frame; false if they arrive too often.
    bool take(Flood kind, TimePoint now) noexcept;
    /// Data was sent, which may be answered by WINDOW_UPDATE and PING (gRPC clients measure the path with these).
    void data_sent(std::uint64_t bytes) noexcept { unanswered_ += bytes; }
    /// A frame of data was smaller than the visitor would have accepted: however small, it may be answered.
    void small_data_sent() noexcept;

private:
    static constexpr std::size_t kinds = 8;
    std::array<TokenBucket, kinds> buckets_;
    std::uint64_t unanswered_ = 0;
};

}  // namespace ferrotunnel::h2
