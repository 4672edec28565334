#include "simulation/cluster/cluster_context.hpp"

#include <cstdio>

namespace ferrotunnel::simulation {

using namespace std::chrono_literals;

void ClusterEvents::run_until(TimePoint end) {
    while (!events_.empty() && events_.begin()->first <= end) {
        cluster_rule(++count_ < events_max, "the cluster comes to rest");
        auto event = events_.extract(events_.begin());
        now_ = event.key();
        event.mapped()();
    }
    now_ = end;
}

ClusterProfile::ClusterProfile(test::SeededRandom& random) {
    // A kind of fault that a seed has happens now and then, or again and again.
    const auto maybe = [&random](std::uint64_t percent, std::uint64_t low, std::uint64_t high) -> Duration {
        return random.chance(percent) ? std::chrono::seconds(random.between(low, high)) : Duration(0);
    };
    members = random.between(2, 5);
    clients = random.between(3, 9);
    tokens = random.between(2, 3);
    faults_for = std::chrono::seconds(random.between(60, 240));
    delay_max = std::chrono::milliseconds(random.chance(70) ? random.between(1, 40) : random.between(50, 900));
    slow = random.chance(60) ? 0 : random.between(10, 60);
    fragile = random.chance(60) ? 0 : random.between(1, 15);
    contest = random.chance(30) ? random.between(0, 20) : random.between(30, 80);
    cut_every = maybe(50, 5, 60);
    partition_every = maybe(50, 15, 90);
    crash_every = maybe(45, 15, 120);
    hang_every = maybe(40, 15, 90);
    client_every = std::chrono::milliseconds(random.between(500, 6'000));
    visitor_every = 400ms;
    value_every = 2s;
    clock_difference_max = random.chance(60) ? Duration(2s) : Duration(10h);
    route_delay_max = std::chrono::milliseconds(random.chance(30) ? 0 : random.between(1, 3'000));
}

Duration ClusterContext::between(Duration low, Duration high) {
    const auto range = static_cast<std::uint64_t>((high - low) / 1us);
    return low + std::chrono::microseconds(random.between(0, range));
}

void ClusterContext::add_line(const std::string& text) {
    char time[32];
    std::snprintf(time, sizeof(time), "%9.3f  ",
                  std::chrono::duration<double>(events.now().time_since_epoch() - 1h).count());
    lines.push_back(time + text);
}

}  // namespace ferrotunnel::simulation
