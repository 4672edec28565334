// Recovery of a home that has started: until all other members have reported what they have.
#pragma once

#include <bitset>

#include "base/clock.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "cluster/mutant.hpp"

namespace ferrotunnel::cluster {

class Recovery {
public:
    Recovery(const Members& members, TimePoint now) noexcept
        : missing_(members.size() - 1), deadline_(missing_ == 0 ? never : now + limits::recovery_time) {}

    bool is_over() const noexcept { return deadline_ == never || mutant(Mutant::early_recovery); }
    TimePoint deadline() const noexcept { return deadline_; }

    /// The member has sent all its claims. It counts once, also if its link is lost later.
    void reported(MemberIndex member) noexcept {
        if (!reported_[member]) {
            reported_.set(member);
            if (--missing_ == 0) {
                deadline_ = never;
            }
        }
    }
    void tick(TimePoint now) noexcept {
        if (now >= deadline_) {
            deadline_ = never;
        }
    }

private:
    std::bitset<limits::members_max> reported_;
    std::size_t missing_;
    TimePoint deadline_;
};

}  // namespace ferrotunnel::cluster
