// Counts the signals that ask the program to stop.
#pragma once

#include <chrono>

namespace ferrotunnel::cli {

class StopRequests {
public:
    using Clock = std::chrono::steady_clock;

    /// Programs like timeout(1) send the same signal to a process and to its group: within this time it is one request.
    static constexpr std::chrono::milliseconds same_within{250};

    /// How many requests there are, with this signal; 0: the signal only repeats the last one.
    int count(int signal, Clock::time_point now) noexcept {
        if (signal == last_ && now - at_ < same_within) {
            return 0;
        }
        return count_key(signal, now);
    }
    /// The same of a key, which is pressed as often as somebody means it: only a program may repeat it.
    int count_key(int signal, Clock::time_point now) noexcept {
        last_ = signal;
        at_ = now;
        return ++requests_;
    }

private:
    int requests_ = 0;
    int last_ = 0;
    Clock::time_point at_;
};

}  // namespace ferrotunnel::cli
