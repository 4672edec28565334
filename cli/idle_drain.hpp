// Detects that a drain begun at a terminal waits only for idle connections: a WebSocket or an event stream in an open
// page never ends by itself.
#pragma once

#include <chrono>
#include <cstdint>

namespace ferrotunnel::cli {

class IdleDrain {
public:
    using Clock = std::chrono::steady_clock;

    /// How long no byte may move in either direction before the wait ends.
    static constexpr std::chrono::seconds patience{3};

    /// `moved`: all bytes that visitors have moved so far. The first call starts the time.
    bool is_over(std::uint64_t moved, Clock::time_point now) noexcept {
        if (moved != moved_ || since_ == Clock::time_point{}) {
            moved_ = moved;
            since_ = now;
        }
        return now - since_ >= patience;
    }

private:
    std::uint64_t moved_ = 0;
    Clock::time_point since_{};
};

}  // namespace ferrotunnel::cli
