#include "plugin/hook_timer.hpp"

#include <algorithm>
#include <atomic>

#include "plugin/host.hpp"

namespace ferrotunnel::plugin {
namespace {

std::atomic<CpuWait> cpu_wait_of_threads{nullptr};

std::optional<Duration> cpu_wait_now() noexcept {
    const CpuWait asks = cpu_wait_of_threads.load(std::memory_order_relaxed);
    return asks != nullptr ? asks() : std::nullopt;
}

}  // namespace

void set_cpu_wait(CpuWait cpu_wait) noexcept {
    cpu_wait_of_threads.store(cpu_wait, std::memory_order_relaxed);
}

void HookTimer::read(TimePoint now) noexcept {
    waited_ = cpu_wait_now();
    read_at_ = now;
}

// The system reports only a sum, so a reading from before the hook is needed.
void HookTimer::begin(bool follows) noexcept {
    began_ = follows ? ended_ : now();
    if (began_ - read_at_ >= limits::plugin_hook_reading_age) {
        read(began_);
    }
}

std::optional<SlowHook> HookTimer::end() noexcept {
    ended_ = now();
    const Duration took = ended_ - began_;
    if (took < limits::plugin_hook_slow) {
        return std::nullopt;
    }
    const std::optional<Duration> before = waited_;
    read(ended_);
    if (!before || !waited_) {
        return SlowHook{took, false};
    }
    const Duration blocked = took - std::clamp(*waited_ - *before, Duration(0), took);
    return blocked < limits::plugin_hook_slow ? std::nullopt : std::optional(SlowHook{blocked, true});
}

bool SlowHooks::add(TimePoint now) noexcept {
    const MutexLock lock(mutex_);
    times_[count_++ % times_.size()] = now;
    const TimePoint oldest = times_[count_ % times_.size()];
    return count_ >= times_.size() && now - oldest <= limits::plugin_hooks_slow_within;
}

}  // namespace ferrotunnel::plugin
