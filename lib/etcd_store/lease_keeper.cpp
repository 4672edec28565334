#include "etcd_store/lease_keeper.hpp"

#include <algorithm>
#include <utility>

#include "etcd_store/limits.hpp"
#include "etcd_store/mutant.hpp"

namespace ferrotunnel::etcd_store {

etcd::LeaseId random_lease(Random& random) {
    return static_cast<etcd::LeaseId>((random.next() >> 1U) | 1U);
}

LeaseKeeper::LeaseKeeper(Calls& calls, Random& random, std::chrono::seconds time, Handlers handlers)
    : calls_(calls), random_(random), time_(time), handlers_(std::move(handlers)) {}

void LeaseKeeper::start() {
    id_ = random_lease(random_);
    act_at_ = calls_.now();
}

void LeaseKeeper::replace() {
    if (is_held_) {
        lose("etcd has lost the lease of this member");
        handlers_.changed();
    }
}

// Nothing was heard of etcd for so long that it may have been restored: to an earlier state that has this lease, and
// not all of its keys, or also some that were deleted.
void LeaseKeeper::lapse() {
    if (is_held_ && !is_good(calls_.now())) {
        lose(problem_.empty() ? "etcd does not answer" : problem_);
    }
    handlers_.changed();
}

void LeaseKeeper::check() {
    act_at_ = calls_.now();
    good_until_ = std::min(good_until_, act_at_);
    is_too_early_ = is_asking_;
}

void LeaseKeeper::tick() {
    if (act_at_ <= calls_.now()) {
        act_at_ = never;
        act();
    }
    if (end_at_ <= calls_.now()) {
        end_at_ = never;
        lapse();
    }
}

// --- calls -----------------------------------------------------------------------------------------------------------

void LeaseKeeper::act() {
    if (is_asking_) {
        return;
    }
    is_asking_ = true;
    const auto done = [this, id = id_, sent = calls_.now()](const Result<etcd::LeaseAnswer, etcd::Fault>& answer) {
        answered(id, sent, answer);
    };
    if (is_held_) {
        calls_.renew(id_, done);
    } else {
        calls_.grant(id_, time_, done);
    }
}

void LeaseKeeper::answered(etcd::LeaseId id, TimePoint sent, const Result<etcd::LeaseAnswer, etcd::Fault>& answer) {
    is_asking_ = false;
    if (id != id_ || std::exchange(is_too_early_, false)) {
        act_at_ = calls_.now();
        return;
    }
    // Of a grant: it was granted by an earlier call, whose answer was lost; the renewal counts its time.
    const bool exists = !answer && answer.error().kind == etcd::Fault::Kind::lease_exists && !is_held_;
    const bool is_missing =
        answer ? answer->time <= std::chrono::seconds::zero() : answer.error().kind == etcd::Fault::Kind::lease_missing;
    if (exists) {
        is_held_ = true;
        good_until_ = sent;
        act_at_ = calls_.now();
    } else if (is_missing) {
        lose("etcd has lost the lease of this member");
        handlers_.changed();
    } else if (answer) {
        held(sent, answer->time);
    } else {
        failed(answer.error());
    }
}

void LeaseKeeper::held(TimePoint sent, std::chrono::seconds granted) {
    is_held_ = true;
    problem_.clear();
    good_until_ = sent + std::min(time_, granted) - limits::lease_margin;
    end_at_ = good_until_;
    act_at_ = sent + (mutant(Mutant::delayed_renewal) ? time_ : time_ / 3);
    handlers_.changed();
}

void LeaseKeeper::failed(const etcd::Fault& fault) {
    problem_ = fault.text;
    act_at_ = calls_.now() + pause();
    handlers_.changed();
}

Duration LeaseKeeper::pause() {
    const Duration half = limits::again_time / 2;
    return half + Duration(random_.below(2 * half.count()));
}

void LeaseKeeper::lose(std::string why) {
    const TimePoint now = calls_.now();
    id_ = random_lease(random_);
    problem_ = std::move(why);
    act_at_ = now < lost_until_ ? now + pause() : now;  // an etcd that contradicts itself is not asked again at once
    lost_until_ = now + limits::lost_again_time;
    if (std::exchange(is_held_, false) && !mutant(Mutant::lost_lease)) {
        handlers_.lost();
    }
}

}  // namespace ferrotunnel::etcd_store
