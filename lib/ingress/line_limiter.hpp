// Lets the first lines of each kind in a second into the log, so that who scans the edge can not fill a disk; what was
// left out is told in one line when the second is over. Nothing runs while nothing is logged.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/log.hpp"
#include "http/page.hpp"
#include "ingress/deadline_wheel.hpp"

namespace ferrotunnel::ingress {

class LineLimiter final : private Deadline {
public:
    /// Pages by their state; an answer that was cut, and one that nobody reads.
    static constexpr std::size_t answer_cut = http::page_states;
    static constexpr std::size_t answer_not_read = http::page_states + 1;

    /// Both outlive it, or end with it.
    LineLimiter(DeadlineWheel& wheel, Logger& log) noexcept : wheel_(wheel), log_(log) {}

    /// Whether a line of that kind is to be written; false also where the log does not want it.
    bool may_write(std::size_t kind, LogLevel level) noexcept;
    bool may_write(http::PageState state, LogLevel level) noexcept {
        return may_write(static_cast<std::size_t>(state), level);
    }

private:
    static constexpr std::size_t kinds = http::page_states + 2;

    struct Kind {
        std::uint32_t written = 0;
        std::uint64_t left_out = 0;
        LogLevel level = LogLevel::info;
    };

    void on_deadline() noexcept override;

    DeadlineWheel& wheel_;
    Logger& log_;
    std::array<Kind, kinds> kinds_{};
};

}  // namespace ferrotunnel::ingress
