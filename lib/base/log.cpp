#include "base/log.hpp"

#include <exception>

namespace ferrotunnel {
namespace {

class NullLogger final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return false; }
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) noexcept override {}
};

}  // namespace

bool Logger::may_write(LogLevel level, const LogCategory& kind, TimePoint now) noexcept {
    if (!enabled(level)) {
        return false;
    }
    try {
        LogLimiter::Suppressed before;
        const bool may = limiter_.take(kind, level, now, before);
        report(before);
        if (!may) {
            on_suppressed();
        }
        return may;
    } catch (const std::exception&) {  // no memory for this, nor for the line
        return false;
    }
}

void Logger::report_suppressed() noexcept {
    try {
        for (const LogLimiter::Suppressed& suppressed : limiter_.take_suppressed()) {
            report(suppressed);
        }
    } catch (const std::exception&) {  // as above
    }
}

void Logger::report(const LogLimiter::Suppressed& suppressed) {
    if (suppressed.lines > 0) {
        log(suppressed.level, "lines were left out", {{"kind", suppressed.kind}, {"lines", suppressed.lines}});
    }
}

Logger& null_logger() noexcept {
    static NullLogger logger;
    return logger;
}

}  // namespace ferrotunnel
