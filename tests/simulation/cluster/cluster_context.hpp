// What all parts of one simulated cluster share: made-up time, randomness, the log, and how often things have happened.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "cluster/members.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::simulation {

/// What has happened in all seeds, so that one sees that it did.
struct ClusterCounts {
    std::uint64_t claims = 0;
    std::uint64_t granted = 0;
    std::uint64_t provisional = 0;
    std::uint64_t refused = 0;
    std::uint64_t refused_for_now = 0;
    std::uint64_t revoked = 0;
    std::uint64_t visitors = 0;
    std::uint64_t served = 0;
    std::uint64_t forwarded = 0;
    std::uint64_t values = 0;  // set or removed
    std::uint64_t messages = 0;
    std::uint64_t links = 0;
    std::uint64_t crashes = 0;
    std::uint64_t hangs = 0;
    std::uint64_t partitions = 0;
    std::uint64_t home_restarted = 0;     // two tokens with one root, by the exception of that name
    std::uint64_t stale_provisional = 0;  // two tokens with one root, by the exception of that name
    std::uint64_t lost_leases = 0;        // two tokens or owners, by the exception of that name
    std::uint64_t etcd_faults = 0;
    std::uint64_t losses = 0;  // of what a member had in etcd
};

/// A rule is broken.
class ClusterFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void cluster_rule(bool holds, const char* what) {
    if (!holds) {
        throw ClusterFailure(what);
    }
}

/// What is to happen, in the order of its time.
class ClusterEvents {
public:
    TimePoint now() const noexcept { return now_; }
    void after(Duration time, std::function<void()> what) { events_.emplace(now_ + time, std::move(what)); }
    void run_until(TimePoint end);

private:
    // In a seed of minutes there are some ten thousand; a register that is never at rest makes millions.
    static constexpr std::uint64_t events_max = 3'000'000;

    std::multimap<TimePoint, std::function<void()>> events_;  // equal times in the order in which they were added
    TimePoint now_{std::chrono::hours(1)};
    std::uint64_t count_ = 0;
};

/// How the members, links and clients of a seed are, and what happens to them.
struct ClusterProfile {
    explicit ClusterProfile(test::SeededRandom& random);

    std::size_t members;
    std::size_t clients;
    std::size_t tokens;
    Duration faults_for;    // faults happen, then all are mended
    Duration delay_max;     // of a message
    std::uint64_t slow;     // percent of links that are slow
    std::uint64_t fragile;  // percent of grants whose link is lost as they arrive
    std::uint64_t contest;  // percent of wanted names that others want as well
    // The mean time between two of a kind; zero: none.
    Duration cut_every;
    Duration partition_every;
    Duration crash_every;
    Duration hang_every;
    Duration client_every;
    Duration visitor_every;
    Duration value_every;
    Duration clock_difference_max;
    bool has_store = false;
    Duration route_delay_max;  // until a change of the register is in the table by which visitors are routed
};

struct ClusterContext {
    ClusterContext(std::uint64_t seed, ClusterCounts& all, bool logs) : random(seed), counts(all), is_logging(logs) {}

    /// A time around the mean.
    Duration around(Duration mean) { return mean * static_cast<Duration::rep>(random.between(10, 190)) / 100; }
    Duration between(Duration low, Duration high);
    /// `make` returns the line.
    template <typename Make>
    void tell(Make make) {
        if (is_logging) {
            add_line(make());
        }
    }

    test::SeededRandom random;
    ClusterEvents events;
    ClusterCounts& counts;
    const bool is_logging;
    std::vector<std::string> lines{};

private:
    void add_line(const std::string& text);
};

/// For the log: members are a, b, c.
inline std::string cluster_member_name(ferrotunnel::cluster::MemberIndex index) {
    return std::string(1, static_cast<char>('a' + index));
}

}  // namespace ferrotunnel::simulation
