// Rate limit for each kind of log line that peers can cause: a peer that tries tokens, scans the edge or sends garbage
// to a port must not fill a disk.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/log_level.hpp"

namespace ferrotunnel {

/// Log lines that are counted together.
struct LogCategory {
    std::string_view name;  ///< logged when lines were suppressed; not copied, so it must be a literal
    std::uint32_t per_second = limits::log_lines_per_second;
};

/// Counts the lines of one log by kind. Thread-safe.
class LogLimiter {
public:
    struct Suppressed {
        std::string_view kind;
        LogLevel level = LogLevel::off;  // of the last such line
        std::uint64_t lines = 0;
    };

    /// Whether the line may be written; if not, it is counted as suppressed. When a new second begins, `before` gets
    /// the lines suppressed in the last one that were not reported yet.
    bool take(const LogCategory& kind, LogLevel level, TimePoint now, Suppressed& before);
    /// All lines suppressed and not reported yet.
    std::vector<Suppressed> take_suppressed();

private:
    struct State {
        TimePoint began{};
        std::uint32_t written = 0;
        Suppressed suppressed;
    };

    Mutex mutex_;
    std::map<std::string_view, State> states_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel
