// The application's log sink behind the library's own interface: logging never waits for the sink, and the sink's
// exceptions are dropped.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "api/delivery_queue.hpp"
#include "base/log.hpp"
#include "ferrotunnel/log.hpp"

namespace ferrotunnel::detail {

/// A Logger that calls a LogSink, one line after the other, on a thread of its own that starts with the first line.
/// Queued lines use limits::log_waiting_bytes_max at most; further lines are dropped, and the sink receives their
/// number. Thread-safe.
class SinkLogger final : public Logger {
public:
    /// Without a sink it drops everything.
    SinkLogger(LogSink sink, LogLevel level);
    ~SinkLogger() override { finish(); }

    bool enabled(LogLevel level) const noexcept override {
        const LogLevel least = level_.load(std::memory_order_relaxed);
        return level >= least && least != LogLevel::off;
    }
    /// Lines of this level and above are written from now on. Without a sink it does nothing.
    void set_level(LogLevel level) noexcept { level_.store(sink_ ? level : LogLevel::off, std::memory_order_relaxed); }
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override;

    /// Waits limits::log_flush_timeout for the sink to process the queue; once that was not enough, it never waits
    /// again. No other thread writes.
    void finish() noexcept;

    /// Whether the caller is within the sink.
    bool here() const noexcept { return lines_.here(); }

private:
    struct Line {
        std::chrono::system_clock::time_point time;
        LogLevel level;
        std::string message;
        std::vector<std::pair<std::string, std::string>> fields;
    };
    struct ReportSuppressed {};
    using Item = std::variant<Line, ReportSuppressed>;

    void on_suppressed() noexcept override;

    static std::size_t cost_of(const Line& line) noexcept;
    void take(Item& item) noexcept;
    void forward(const Line& line) noexcept;
    void report_dropped(std::uint64_t lines) noexcept;

    const LogSink sink_;
    std::atomic<LogLevel> level_;
    std::atomic<bool> report_pending_{false};  // omitted lines are to be reported in a second
    bool sink_keeps_up_ = true;
    DeliveryQueue<Item> lines_;
};

/// Logs an exception of an application's callback, which would otherwise be lost.
void log_thrown(Logger& log, std::string_view what, const std::exception_ptr& thrown) noexcept;

}  // namespace ferrotunnel::detail
