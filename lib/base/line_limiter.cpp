#include "base/line_limiter.hpp"

#include <chrono>
#include <utility>

namespace ferrotunnel {

bool LineLimiter::take(const LineKind& kind, LogLevel level, TimePoint now, LeftOut& before) {
    const MutexLock lock(mutex_);
    State& state = states_[kind.name];
    if (now - state.began >= std::chrono::seconds(1)) {
        state.began = now;
        state.written = 0;
        before = std::exchange(state.left_out, {});
    }
    if (state.written < kind.per_second) {
        ++state.written;
        return true;
    }
    state.left_out.kind = kind.name;
    state.left_out.level = level;
    ++state.left_out.lines;
    return false;
}

std::vector<LineLimiter::LeftOut> LineLimiter::take_left_out() {
    const MutexLock lock(mutex_);
    std::vector<LeftOut> all;
    for (auto& [name, state] : states_) {
        if (state.left_out.lines > 0) {
            all.push_back(std::exchange(state.left_out, {}));
        }
    }
    return all;
}

}  // namespace ferrotunnel
