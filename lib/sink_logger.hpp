// The application's log sink and event handler behind the library's own interfaces: what they throw stays with them.
#pragma once

#include "base/log.hpp"
#include "ferrotunnel/event.hpp"
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

/// Calls `handler`, if there is one; what it throws is logged.
void emit(const EventHandler& handler, const Event& event, Logger& log) noexcept;

}  // namespace ferrotunnel::detail
