// The circuit of one service: decides by earlier results whether requests may go to it.
//
//   closed --so many failures in the window--> open --open_for--> half-open: one request probes, others are rejected
//     ^                                         ^                     |
//     '---------------- the probe succeeds -----+---------------------+
//                                               '-- the probe fails, or ends without a result: then at once
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::plugins {

struct CircuitRules {
    std::uint64_t failures = 5;          // minimum number in the window
    double ratio = 0.5;                  // minimum part of all requests
    std::chrono::nanoseconds window{0};  // up to 1,048,575 requests count in a tenth of it
    std::chrono::nanoseconds open_for{0};
};

/// Lock-free; all functions are thread-safe.
class alignas(64) Circuit {
public:
    using Time = std::chrono::nanoseconds;

    enum class Entry : std::uint8_t { passes, probes, refused };
    enum class Change : std::uint8_t { none, opened, closed, opened_again };
    struct Admission {
        Entry entry;
        Time wait;  // for a rejected request: when to try again
    };

    /// How a request entered.
    struct Place {
        Circuit* circuit;
        bool is_probe;
    };
    // For code that can store only one pointer.
    Place as_request{this, false};
    Place as_probe{this, true};

    Circuit() = default;
    Circuit(const Circuit&) = delete;
    Circuit& operator=(const Circuit&) = delete;

    /// Whether a request may go to the service now. A request that passes or probes must call leave().
    Admission enter(Time now) noexcept;
    /// Records the result of a request that has entered.
    Change record_result(bool has_failed, bool is_probe, const CircuitRules& rules, Time now) noexcept;
    /// A request that has entered is over. If it was a probe without a result, the next request probes.
    void leave(bool is_probe) noexcept;

private:
    friend class CircuitTable;

    static constexpr std::size_t slices = 10;
    // The state is a word: 0 closed, 1 half-open, otherwise open until that time.
    static constexpr std::int64_t closed = 0;
    static constexpr std::int64_t half_open = 1;

    bool count(bool has_failed, const CircuitRules& rules, Time now) noexcept;
    void forget() noexcept;

    std::atomic<std::uint64_t> key_{0};
    std::atomic<std::int64_t> used_at_{0};
    std::atomic<std::int64_t> state_{closed};
    std::atomic<std::int64_t> inside_{0};                      // requests that have entered and not left
    std::array<std::atomic<std::uint64_t>, slices> counts_{};  // number of the time slice, its requests, its failures
};

}  // namespace ferrotunnel::plugins
