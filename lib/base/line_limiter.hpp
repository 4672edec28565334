// How many lines of each kind peers may cause in a log: whoever tries tokens, scans the edge or speaks nonsense to a
// port must not fill a disk.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "ferrotunnel/log_level.hpp"

namespace ferrotunnel {

/// Lines that count together.
struct LineKind {
    std::string_view name;  ///< in the log, where some were left out; not copied: a literal
    std::uint32_t per_second = limits::log_lines_per_second;
};

/// The kinds of one log. Any thread.
class LineLimiter {
public:
    struct LeftOut {
        std::string_view kind;
        LogLevel level = LogLevel::off;  // of the last one
        std::uint64_t lines = 0;
    };

    /// Whether the line may be written; else it is counted. Of a second that is over, `before` is what was left out and
    /// has not been told yet.
    bool take(const LineKind& kind, LogLevel level, TimePoint now, LeftOut& before);
    /// All that was left out and has not been told yet.
    std::vector<LeftOut> take_left_out();

private:
    struct State {
        TimePoint began{};
        std::uint32_t written = 0;
        LeftOut left_out;
    };

    std::mutex mutex_;
    std::map<std::string_view, State> states_;
};

}  // namespace ferrotunnel
