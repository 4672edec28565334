// Counts the signals that ask the program to stop.
#pragma once

#include <chrono>

namespace ferrotunnel::cli {

class StopRequests {
public:
    using Clock = std::chrono::steady_clock;

    /// Programs like timeout(1) send the same signal to a process and to its group: within this time it counts as one
    /// request.
    static constexpr std::chrono::milliseconds same_within{250};

    /// The number of requests, including this signal; 0: the signal repeats the last one.
    int count(int signal, Clock::time_point now) noexcept {
        if (signal == last_ && now - at_ < same_within) {
            return 0;
        }
        return count_key(signal, now);
    }
    /// Like count(), for a key press, which always counts: only programs repeat signals.
    int count_key(int signal, Clock::time_point now) noexcept {
        last_ = signal;
        at_ = now;
        return ++requests_;
    }
    /// The program has acted on the last request, which may have taken long: the same signal just after this time
    /// arrived meanwhile and means the same.
    void acted(Clock::time_point now) noexcept { at_ = now; }

private:
    int requests_ = 0;
    int last_ = 0;
    Clock::time_point at_;  // of the last request, or when the program had acted on it
};

}  // namespace ferrotunnel::cli
