// Recovery of a home that has started: until all other members have reported what they have.
#pragma once

#include <bitset>

#include "base/clock.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "cluster/mutant.hpp"

namespace ferrotunnel::cluster {

/// Where members are added, it is also awaited that all were found.
class Recovery {
public:
    Recovery(const Members& members, TimePoint now) noexcept
        : members_(members), are_all_known_(!members.is_open()), deadline_(now + limits::recovery_time) {
        end_if_complete();
    }

    bool is_over() const noexcept { return deadline_ == never || mutant(Mutant::early_recovery); }
    TimePoint deadline() const noexcept { return deadline_; }

    /// The member has sent all its claims. It counts once, also if its link is lost later.
    void reported(MemberIndex member) noexcept {
        reported_.set(member);
        end_if_complete();
    }
    /// Members that are added from now on are not awaited, if those before them have reported.
    void all_known() noexcept {
        are_all_known_ = true;
        end_if_complete();
    }
    /// Another member may get its place.
    void forgotten(MemberIndex member) noexcept {
        reported_.reset(member);
        end_if_complete();
    }
    void tick(TimePoint now) noexcept {
        if (now >= deadline_) {
            deadline_ = never;
        }
    }

private:
    void end_if_complete() noexcept {
        bool is_complete = are_all_known_;
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const auto member = static_cast<MemberIndex>(i);
            is_complete = is_complete && (member == members_.own() || !members_.is_known(member) || reported_[i]);
        }
        if (is_complete) {
            deadline_ = never;
        }
    }

    const Members& members_;
    std::bitset<limits::member_slots> reported_;
    bool are_all_known_;
    TimePoint deadline_;
};

}  // namespace ferrotunnel::cluster
