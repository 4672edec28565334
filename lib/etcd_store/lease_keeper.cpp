#include "etcd_store/lease_keeper.hpp"

#include <algorithm>
#include <utility>

#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {

etcd::LeaseId random_lease(Random& random) {
    return static_cast<etcd::LeaseId>((random.next() >> 1U) | 1U);
}

LeaseKeeper::LeaseKeeper(runtime::Worker& worker, etcd::Client& client, Random& random, std::chrono::seconds time,
                         Handlers handlers)
    : worker_(worker),
      client_(client),
      random_(random),
      time_(time),
      handlers_(std::move(handlers)),
      timer_(worker, [this] { act(); }),
      end_timer_(worker, [this] { handlers_.changed(); }) {}

void LeaseKeeper::start() {
    id_ = random_lease(random_);
    timer_.set(worker_.now());
}

void LeaseKeeper::replace() {
    lose();
    handlers_.changed();
}

void LeaseKeeper::check() {
    timer_.set(worker_.now());
}

// --- calls -----------------------------------------------------------------------------------------------------------

void LeaseKeeper::act() {
    if (is_asking_) {
        return;
    }
    is_asking_ = true;
    const auto done = [this, id = id_, sent = worker_.now()](const Result<etcd::LeaseAnswer, etcd::Fault>& answer) {
        answered(id, sent, answer);
    };
    if (is_held_) {
        client_.renew(id_, done);
    } else {
        client_.grant(id_, time_, done);
    }
}

void LeaseKeeper::answered(etcd::LeaseId id, TimePoint sent, const Result<etcd::LeaseAnswer, etcd::Fault>& answer) {
    is_asking_ = false;
    if (id != id_) {
        timer_.set(worker_.now());
        return;
    }
    // Of a grant: it was granted by an earlier call, whose answer was lost; the renewal counts its time.
    const bool exists = !answer && answer.error().kind == etcd::Fault::Kind::lease_exists && !is_held_;
    const bool is_missing =
        answer ? answer->time <= std::chrono::seconds::zero() : answer.error().kind == etcd::Fault::Kind::lease_missing;
    if (exists) {
        is_held_ = true;
        good_until_ = sent;
        timer_.set(worker_.now());
    } else if (is_missing) {
        lose();
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
    end_timer_.set(good_until_);
    timer_.set(sent + time_ / 3);
    handlers_.changed();
}

void LeaseKeeper::failed(const etcd::Fault& fault) {
    problem_ = fault.text;
    const Duration half = limits::again_time / 2;
    timer_.set_after(half + Duration(random_.below(2 * half.count())));
    handlers_.changed();
}

void LeaseKeeper::lose() {
    id_ = random_lease(random_);
    problem_ = "etcd has lost the lease of this member";
    timer_.set(worker_.now());
    if (std::exchange(is_held_, false)) {
        handlers_.lost();
    }
}

}  // namespace ferrotunnel::etcd_store
