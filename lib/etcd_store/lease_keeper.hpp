// LeaseKeeper: a lease that is granted, renewed, and granted again under another id when etcd has lost it.
//
//   start() --> asking --granted--> held --renewed each third of its time--> held
//                 ^                   |--no answer: again in 0.25 to 0.75 s
//                 '---etcd has lost it, its time is over, or replace(): a new id, lost()--'
//
// The time is counted from when the last renewal was sent. Sans-IO.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "etcd_store/calls.hpp"

namespace ferrotunnel::etcd_store {

/// Its owner calls tick() at next_deadline(), which each call and each answer can change.
class LeaseKeeper {
public:
    struct Handlers {
        /// Whether it is good, or why not, may have changed.
        std::function<void()> changed;
        /// What had the lease is gone.
        std::function<void()> lost;
    };
    LeaseKeeper(Calls& calls, Random& random, std::chrono::seconds time, Handlers handlers);
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;

    void start();
    /// Leaves the lease, if it is held, to its end, and asks for another one.
    void replace();
    /// Asks etcd whether it still has the lease, which is not good until it says so.
    void check();
    TimePoint next_deadline() const noexcept { return std::min(act_at_, end_at_); }
    void tick();

    etcd::LeaseId id() const noexcept { return id_; }
    /// It was granted, and has not ended for want of renewals.
    bool is_good(TimePoint now) const noexcept { return is_held_ && now < good_until_; }
    /// Why the last call has failed, for people; empty: it has not.
    const std::string& problem() const noexcept { return problem_; }

private:
    void act();
    void answered(etcd::LeaseId id, TimePoint sent, const Result<etcd::LeaseAnswer, etcd::Fault>& answer);
    void held(TimePoint sent, std::chrono::seconds granted);
    void failed(const etcd::Fault& fault);
    Duration pause();
    void lapse();
    void lose(std::string why);

    Calls& calls_;
    Random& random_;
    const std::chrono::seconds time_;
    const Handlers handlers_;
    etcd::LeaseId id_ = 0;
    bool is_held_ = false;
    bool is_asking_ = false;     // a call is on its way
    bool is_too_early_ = false;  // that call, since check()
    TimePoint good_until_{};
    TimePoint lost_until_{};  // until then another loss is one too many
    std::string problem_;
    TimePoint act_at_ = never;
    TimePoint end_at_ = never;  // good_until_, until that was told
};

/// An id for a lease: 63 random bits, not 0.
etcd::LeaseId random_lease(Random& random);

}  // namespace ferrotunnel::etcd_store
