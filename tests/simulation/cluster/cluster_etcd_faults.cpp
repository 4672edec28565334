#include "simulation/cluster/cluster_etcd_faults.hpp"

#include <algorithm>
#include <string>

namespace ferrotunnel::simulation {

using namespace std::chrono_literals;

ClusterEtcdProfile::ClusterEtcdProfile(test::SeededRandom& random) {
    const auto maybe = [&random](std::uint64_t percent, std::uint64_t low, std::uint64_t high) -> Duration {
        return random.chance(percent) ? std::chrono::seconds(random.between(low, high)) : Duration(0);
    };
    delay_max = std::chrono::milliseconds(random.chance(70) ? random.between(1, 30) : random.between(50, 200));
    lost_answers = random.chance(50) ? 0 : random.between(1, 15);
    endpoints = random.between(1, 5);
    away_every = maybe(50, 20, 90);
    cut_every = maybe(50, 15, 90);
    revoke_every = maybe(40, 20, 90);
    restore_every = maybe(30, 30, 90);
    jump_every = maybe(30, 15, 60);
    restart_every = maybe(50, 10, 60);
}

// --- faults ----------------------------------------------------------------------------------------------------------

void ClusterEtcdFaults::leave() {
    ++context_.counts.etcd_faults;
    is_refusing_ = context_.random.chance(50);
    away_since_ = away_++ == 0 ? context_.events.now() : away_since_;
    context_.tell([this] { return std::string(is_refusing_ ? "etcd is gone" : "etcd says nothing"); });
    context_.events.after(context_.random.chance(50) ? context_.between(300ms, 12s) : context_.between(12s, 70s),
                          [this] { come_back(); });
}

void ClusterEtcdFaults::come_back() {
    if (away_ == 0) {
        return;  // mended
    }
    trouble_ = context_.events.now();
    if (--away_ == 0) {
        context_.tell([] { return std::string("etcd is back"); });
        etcd_.extend_leases();
    }
}

void ClusterEtcdFaults::cut() {
    ++context_.counts.etcd_faults;
    const auto member = static_cast<Index>(context_.random.below(members_));
    const Duration time = context_.random.chance(70) ? context_.between(500ms, 30s) : context_.between(30s, 150s);
    context_.tell([member] { return cluster_member_name(member) + " does not reach etcd"; });
    ++cuts_[member];
    context_.events.after(time, [this, member] {
        if (cuts_[member] > 0) {
            --cuts_[member];
            cut_until_[member] = context_.events.now();
            context_.tell([member] { return cluster_member_name(member) + " reaches etcd"; });
        }
    });
}

void ClusterEtcdFaults::revoke() {
    ++context_.counts.etcd_faults;
    const std::chrono::seconds longest = context_.random.chance(50) ? 10s : context_.random.chance(50) ? 61s : 48h;
    context_.tell([longest] { return "etcd ends all leases of at most " + std::to_string(longest.count()) + " s"; });
    trouble_ = context_.events.now();
    etcd_.end_leases(longest);
}

void ClusterEtcdFaults::restore() {
    if (context_.random.chance(60)) {
        context_.tell([] { return std::string("etcd's state is saved"); });
        etcd_.save();
        return;
    }
    ++context_.counts.etcd_faults;
    const bool is_other = context_.random.chance(50);
    context_.tell(
        [is_other] { return std::string("etcd is restored, under ") + (is_other ? "another id" : "its id"); });
    trouble_ = context_.events.now();
    if (is_other) {
        etcd_.restore(true);
        return;
    }
    // To notice that nothing but the time has to be enough: it is away for longer than leases are good.
    away_since_ = away_++ == 0 ? context_.events.now() : away_since_;
    context_.events.after(context_.between(10s, 40s), [this] {
        if (away_ > 0) {
            etcd_.restore(false);
            come_back();
        }
    });
}

void ClusterEtcdFaults::mend() {
    is_mended_ = true;
    away_ = std::min(away_, 1);
    come_back();
    for (auto& [member, cuts] : cuts_) {
        cuts = 0;
    }
    trouble_ = context_.events.now();
}

// --- the ways to it --------------------------------------------------------------------------------------------------

bool ClusterEtcdFaults::reaches(Index member) const {
    const auto found = cuts_.find(member);
    return away_ == 0 && (found == cuts_.end() || found->second == 0);
}

Duration ClusterEtcdFaults::delay() {
    return context_.between(100us, is_mended_ ? std::min<Duration>(profile_.delay_max, 30ms) : profile_.delay_max);
}

TimePoint ClusterEtcdFaults::last_trouble(Index member) const {
    if (!reaches(member) || (!is_mended_ && profile_.lost_answers > 0)) {
        return context_.events.now();
    }
    const auto found = cut_until_.find(member);
    return std::max(trouble_, found == cut_until_.end() ? TimePoint{} : found->second);
}

}  // namespace ferrotunnel::simulation
