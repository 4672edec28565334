// Releases code pages that only a start, a new connection or a reload has used.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace ferrotunnel::cli {

/// Removes all code and constant data of the program and its libraries from the process's memory. Pages that are still
/// used are read again from the system's page cache, at the cost of a minor fault for each 64 KiB. In a process without
/// visitors, most of the resident code ran once, at the start or when a client connected. Does nothing under a
/// debugger, whose breakpoints are changed pages of code.
void release_startup_pages() noexcept;

/// Decides when release_startup_pages() is worth its cost, about 1 ms of a thread's time: after the last of a group of
/// rare events, such as those of a start or a login. Has no thread or clock of its own; not thread-safe.
class StartupPages {
public:
    using Clock = std::chrono::steady_clock;

    /// The pages are released after each of these pauses. What follows an event may use much code again: another
    /// thread's part of a login, on a busy machine, or a port that waits some seconds for a client of before.
    static constexpr std::array<std::chrono::milliseconds, 3> pauses{
        std::chrono::milliseconds(100), std::chrono::milliseconds(2'000), std::chrono::milliseconds(15'000)};
    /// The shortest time between two releases, so that clients which connect all the time cost at most 0.05 % of a
    /// core.
    static constexpr std::chrono::seconds apart{2};

    /// Code that runs rarely has run: the pauses begin again.
    void used(Clock::time_point now) noexcept {
        pause_ = 0;
        due_ = std::max(now + pauses.front(), next_);
    }
    /// How long until take_due() returns true, at least 0; empty if nothing is to be released.
    std::optional<std::chrono::milliseconds> due_in(Clock::time_point now) const noexcept {
        if (!due_) {
            return std::nullopt;
        }
        return std::max(std::chrono::ceil<std::chrono::milliseconds>(*due_ - now), std::chrono::milliseconds(0));
    }
    /// Whether the pages are to be released now; true once after each pause.
    bool take_due(Clock::time_point now) noexcept {
        if (!due_ || now < *due_) {
            return false;
        }
        due_.reset();
        next_ = now + apart;
        if (++pause_ < pauses.size()) {
            due_ = now + pauses[pause_];
        }
        return true;
    }
    /// Whether the first pause after the last used() is over.
    bool is_quiet() const noexcept { return pause_ > 0; }

private:
    std::size_t pause_ = 0;  // the present one; their number if there is none
    std::optional<Clock::time_point> due_;
    Clock::time_point next_{};  // not before
};

}  // namespace ferrotunnel::cli
