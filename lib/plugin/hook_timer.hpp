// Detects hooks that block their worker: elapsed time, minus the time in which the worker's thread was ready to run but
// had no processor. On a loaded machine any hook may take long through no fault of its own.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {

/// Returns how long the calling thread has been ready to run without a processor, since it started. Empty if the system
/// does not report it.
using CpuWait = std::optional<Duration> (*)() noexcept;

/// Sets the source of CpuWait, before there are plugins. Without it the time is unknown.
void set_cpu_wait(CpuWait cpu_wait) noexcept;

/// A hook that has blocked its worker.
struct SlowHook {
    Duration blocked{};
    bool is_certain = false;  // otherwise it may have waited for a processor
};

/// Measures the hooks of one worker, on that worker: two readings of the clock for each, or one if it directly follows
/// another.
class HookTimer {
public:
    /// `follows`: almost nothing has happened since the last hook ended.
    void begin(bool follows = false) noexcept;
    /// The result for the hook that began last; empty if it was not slow.
    std::optional<SlowHook> end() noexcept;
    /// The elapsed time of that hook.
    Duration took() const noexcept { return ended_ - began_; }

private:
    void read(TimePoint now) noexcept;

    TimePoint began_{};
    TimePoint ended_{};
    TimePoint read_at_{};
    std::optional<Duration> waited_;  // for a processor, at `read_at_`
};

/// The times of an instance's slow hooks. Thread-safe.
class SlowHooks {
public:
    /// Counts a slow hook. True if there were so many in a short time that the instance must be switched off.
    bool add(TimePoint now) noexcept;

private:
    Mutex mutex_;
    std::array<TimePoint, limits::plugin_hooks_slow_max> times_ GUARDED_BY(mutex_){};
    std::size_t count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::plugin
