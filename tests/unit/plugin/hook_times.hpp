// Time and the system's account of a thread, for tests of how long hooks take.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "plugin/hook_timer.hpp"
#include "plugin/host.hpp"

namespace ferrotunnel::test {

/// A clock and the system's account of a thread, as the test sets them.
struct HookTimes {
    static inline Duration clock = std::chrono::hours(1);
    static inline std::optional<Duration> waited;
    static inline int readings = 0;

    HookTimes() {
        clock = std::chrono::hours(1);
        waited = Duration(0);
        readings = 0;
        plugin::set_clock([] { return static_cast<std::uint64_t>(std::chrono::nanoseconds(clock).count()); });
        plugin::set_cpu_wait([]() noexcept {
            ++readings;
            return waited;
        });
    }
    HookTimes(const HookTimes&) = delete;
    HookTimes& operator=(const HookTimes&) = delete;
    ~HookTimes() {
        plugin::set_clock(nullptr);
        plugin::set_cpu_wait(nullptr);
    }
    /// Time passes: the thread was blocked or at work for some of it, and had no processor in the rest.
    static void pass(Duration busy, Duration without_processor = Duration(0)) {
        clock += busy + without_processor;
        if (waited) {
            *waited += without_processor;
        }
    }
};

}  // namespace ferrotunnel::test
