// Which hooks block their worker: their time by the clock, less the time in which the worker's thread was ready to run
// and others had the processor. On a loaded machine any hook may take long, and is not to blame.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "plugin/limits.hpp"

namespace ferrotunnel::plugin {

/// Tells how long the calling thread has been ready to run and had no processor, since it began. Nothing: the system
/// does not say.
using CpuWait = std::optional<Duration> (*)() noexcept;

/// Sets where that is asked; before there are plugins. Without it nothing is known.
void set_cpu_wait(CpuWait cpu_wait) noexcept;

/// A hook that has blocked its worker.
struct SlowHook {
    Duration blocked{};
    bool is_sure = false;  // else it may have waited for a processor
};

/// Measures the hooks of one worker, on that worker: two readings of the clock for each, or one where it follows
/// another.
class HookWatch {
public:
    /// `follows`: next to nothing has happened since the last hook ended.
    void begin(bool follows = false) noexcept;
    /// What there is to say of the hook that began last.
    std::optional<SlowHook> end() noexcept;
    /// How long that hook has taken, by the clock.
    Duration took() const noexcept { return ended_ - began_; }

private:
    void read(TimePoint now) noexcept;

    TimePoint began_{};
    TimePoint ended_{};
    TimePoint read_at_{};
    std::optional<Duration> waited_;  // for a processor, at that time
};

/// When hooks of one instance were slow. Any thread.
class SlowHooks {
public:
    /// Counts one. True: so many were slow in so short a time that the instance is to be switched off.
    bool add(TimePoint now) noexcept;

private:
    Mutex mutex_;
    std::array<TimePoint, limits::plugin_hooks_slow_max> times_ GUARDED_BY(mutex_){};
    std::size_t count_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::plugin
