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

bool Logger::may_write(LogLevel level, const LineKind& kind, TimePoint now) noexcept {
    if (!enabled(level)) {
        return false;
    }
    try {
        LineLimiter::LeftOut before;
        const bool may = limiter_.take(kind, level, now, before);
        tell(before);
        if (!may) {
            on_left_out();
        }
        return may;
    } catch (const std::exception&) {  // no memory for this, nor for the line
        return false;
    }
}

void Logger::tell_left_out() noexcept {
    try {
        for (const LineLimiter::LeftOut& left_out : limiter_.take_left_out()) {
            tell(left_out);
        }
    } catch (const std::exception&) {  // as above
    }
}

void Logger::tell(const LineLimiter::LeftOut& left_out) {
    if (left_out.lines > 0) {
        log(left_out.level, "lines were left out", {{"kind", left_out.kind}, {"lines", left_out.lines}});
    }
}

Logger& null_logger() noexcept {
    static NullLogger logger;
    return logger;
}

}  // namespace ferrotunnel
