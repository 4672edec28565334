#include "etcd_store/announced_member.hpp"

#include <utility>

#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {

AnnouncedMember::AnnouncedMember(Calls& calls, Random& random, std::string key, std::string value, Handlers handlers)
    : calls_(calls),
      random_(random),
      key_(std::move(key)),
      value_(std::move(value)),
      handlers_(std::move(handlers)),
      lease_(calls, random, limits::live_time, {[this] { lease_changed(); }, [this] { lease_lost(); }}) {}

void AnnouncedMember::tick() {
    lease_.tick();
    if (put_at_ <= calls_.now()) {
        put_at_ = never;
        put();
    }
}

void AnnouncedMember::key_is_gone() {
    is_there_ = false;
    put_at_ = calls_.now();
}

void AnnouncedMember::lease_lost() {
    is_there_ = false;
    handlers_.lost();
}

void AnnouncedMember::lease_changed() {
    if (!is_there_ && lease_.is_good(calls_.now())) {
        put_at_ = calls_.now();
    }
    handlers_.changed();
}

// A put on its way may follow it, and ends with the process.
void AnnouncedMember::withdraw() {
    if (std::exchange(is_withdrawn_, true)) {
        return;
    }
    etcd::Compare is_ours;
    is_ours.keys = {key_, {}};
    is_ours.target = etcd::Compare::Target::lease;
    is_ours.number = lease_.id();
    etcd::Transaction transaction;
    transaction.conditions.push_back(is_ours);
    transaction.then.emplace_back(etcd::Delete{{key_, {}}});
    calls_.transact(transaction, [](const Result<etcd::TransactionAnswer, etcd::Fault>&) {});
}

void AnnouncedMember::put() {
    if (is_withdrawn_ || is_there_ || is_putting_ || !lease_.is_good(calls_.now())) {
        return;  // with the lease, or with the answer, it is put again
    }
    is_putting_ = true;
    etcd::Transaction transaction;
    transaction.then.emplace_back(etcd::Put{key_, value_, lease_.id()});
    calls_.transact(transaction,
                    [this, lease = lease_.id()](const Result<etcd::TransactionAnswer, etcd::Fault>& answer) {
                        answered(lease, answer);
                    });
}

void AnnouncedMember::answered(etcd::LeaseId lease, const Result<etcd::TransactionAnswer, etcd::Fault>& answer) {
    is_putting_ = false;
    if (answer) {
        problem_.clear();
        is_there_ = lease == lease_.id();
        put_at_ = is_there_ ? put_at_ : calls_.now();
    } else {
        problem_ = answer.error().text;
        const Duration half = limits::again_time / 2;
        put_at_ = calls_.now() + half + Duration(random_.below(2 * half.count()));
        if (answer.error().kind == etcd::Fault::Kind::lease_missing) {
            lease_.check();
        }
    }
    handlers_.changed();
}

std::string AnnouncedMember::problem() const {
    if (!lease_.is_good(calls_.now()) && !lease_.problem().empty()) {
        return lease_.problem();
    }
    return is_there_ || is_withdrawn_ ? std::string() : problem_;
}

}  // namespace ferrotunnel::etcd_store
