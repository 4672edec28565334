// The logging interface. Sinks are in observe/; the core uses only this interface.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/log_limiter.hpp"
#include "ferrotunnel/log_level.hpp"

namespace ferrotunnel {

template <typename T>
concept Arithmetic = std::is_arithmetic_v<T>;

/// One named value of a log line. Values are text; the constructor formats numbers and booleans. The key is not copied:
/// it should be a literal.
struct LogField {
    LogField(std::string_view key_in, std::string_view value_in) : key(key_in), value(value_in) {}
    LogField(std::string_view key_in, const char* value_in) : key(key_in), value(value_in != nullptr ? value_in : "") {}
    LogField(std::string_view key_in, const std::string& value_in) : key(key_in), value(value_in) {}
    LogField(std::string_view key_in, bool value_in) : key(key_in), value(value_in ? "true" : "false") {}
    template <Arithmetic Number>
    LogField(std::string_view key_in, Number value_in) : key(key_in), value(std::to_string(value_in)) {}

    std::string_view key;
    std::string value;
};

/// A log. Thread-safe. Secrets never reach it, since nothing formats a Secret.
class Logger {
public:
    virtual ~Logger() = default;

    virtual bool enabled(LogLevel level) const noexcept = 0;
    virtual void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept = 0;

    /// For lines caused by peers: whether this one may be written, because its level is enabled and its kind is within
    /// its limit. At the end of the second, a line `lines were left out` reports how many were not written.
    bool may_write(LogLevel level, const LogCategory& kind, TimePoint now) noexcept;

    void debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
        log(LogLevel::debug, message, fields);
    }
    void info(std::string_view message, std::initializer_list<LogField> fields = {}) {
        log(LogLevel::info, message, fields);
    }
    void warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
        log(LogLevel::warn, message, fields);
    }
    void error(std::string_view message, std::initializer_list<LogField> fields = {}) {
        log(LogLevel::error, message, fields);
    }

    void log_at(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
        log(level, message, fields);
    }

protected:
    /// Called when a line was suppressed: report_suppressed() should be called within a second. A log without a clock
    /// reports it with the next line of that kind.
    virtual void on_suppressed() noexcept {}
    void report_suppressed() noexcept;

private:
    void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
        if (enabled(level)) {
            write(level, message, fields);
        }
    }
    void report(const LogLimiter::Suppressed& suppressed);

    LogLimiter limiter_;
};

/// A logger that drops everything; the default of the library.
Logger& null_logger() noexcept;

}  // namespace ferrotunnel
