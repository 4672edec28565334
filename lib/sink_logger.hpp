// The application's log sink behind the library's own interface: what it throws stays with it.
#pragma once

#include <exception>
#include <string_view>

#include "base/log.hpp"
#include "ferrotunnel/log.hpp"

namespace ferrotunnel::detail {

/// A Logger that calls a LogSink. Any thread.
class SinkLogger final : public Logger {
public:
    /// Without a sink it drops everything.
    SinkLogger(LogSink sink, LogLevel level) : sink_(std::move(sink)), level_(sink_ ? level : LogLevel::off) {}

    bool enabled(LogLevel level) const noexcept override { return level >= level_ && level_ != LogLevel::off; }
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override;

private:
    const LogSink sink_;
    const LogLevel level_;
};

/// Logs what a callback of the application has thrown: nobody else would hear of it.
void log_thrown(Logger& log, std::string_view what, const std::exception_ptr& thrown) noexcept;

}  // namespace ferrotunnel::detail
