#include "base/log_limiter.hpp"

#include <chrono>
#include <utility>

namespace ferrotunnel {

bool LogLimiter::take(const LogCategory& kind, LogLevel level, TimePoint now, Suppressed& before) {
    const MutexLock lock(mutex_);
    State& state = states_[kind.name];
    if (now - state.began >= std::chrono::seconds(1)) {
        state.began = now;
        state.written = 0;
        before = std::exchange(state.suppressed, {});
    }
    if (state.written < kind.per_second) {
        ++state.written;
        return true;
    }
    state.suppressed.kind = kind.name;
    state.suppressed.level = level;
    ++state.suppressed.lines;
    return false;
}

std::vector<LogLimiter::Suppressed> LogLimiter::take_suppressed() {
    const MutexLock lock(mutex_);
    std::vector<Suppressed> all;
    for (auto& [name, state] : states_) {
        if (state.suppressed.lines > 0) {
            all.push_back(std::exchange(state.suppressed, {}));
        }
    }
    return all;
}

}  // namespace ferrotunnel
