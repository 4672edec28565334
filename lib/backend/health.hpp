// Health of a backend, from the results of its checks. Sans-IO: HealthChecker makes the checks.
//
//   unknown --the first check--> healthy or unhealthy
//   healthy --`fall` checks in a row have failed--> unhealthy --`rise` in a row have passed--> healthy
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "ferrotunnel/health_check.hpp"

namespace ferrotunnel::limits {

/// How much of a response to a check is searched for a text, and so kept.
inline constexpr std::size_t health_body_max = 64 << 10;
inline constexpr std::size_t health_path_max = 1'024;
inline constexpr std::size_t health_text_max = 256;
/// How many statuses and status ranges one check may have.
inline constexpr std::size_t health_statuses_max = 32;
inline constexpr std::uint64_t health_consecutive_max = 100;
inline constexpr std::uint64_t health_interval_ms_min = 100;
inline constexpr std::uint64_t health_interval_ms_max = 3'600'000;
inline constexpr std::uint64_t health_timeout_ms_min = 10;
inline constexpr std::uint64_t health_timeout_ms_max = 60'000;

}  // namespace ferrotunnel::limits

namespace ferrotunnel::backend {

/// How a backend is checked, and what counts as healthy.
struct HealthCheckSettings : HealthCheck {
    struct Statuses {
        std::uint16_t first = 0;
        std::uint16_t last = 0;
    };

    std::string host{};                // of a kind that sends a request: its Host
    std::vector<Statuses> statuses{};  // `status`, as numbers
};

class Health {
public:
    enum class State : std::uint8_t { unknown, healthy, unhealthy };

    Health(unsigned rise, unsigned fall) noexcept : rise_(rise), fall_(fall) {}

    State state() const noexcept { return state_; }
    /// Why the last failed check failed.
    const std::string& why() const noexcept { return why_; }

    /// Records the result of a check. True if the state has changed.
    bool passed() noexcept;
    bool failed(std::string why);

private:
    bool set_state(State to) noexcept;

    const unsigned rise_;
    const unsigned fall_;
    State state_ = State::unknown;
    unsigned consecutive_ = 0;  // checks that contradict the state
    std::string why_;
};

/// How long to wait before the next check: the interval, less up to a fifth, so that the checks of clients and services
/// that started at the same moment drift apart.
Duration health_wait(const HealthCheckSettings& terms, Random& random);

}  // namespace ferrotunnel::backend
