#include "etcd_store/store.hpp"

#include <utility>

namespace ferrotunnel::etcd_store {

Store::Store(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to, Random& random,
             Handlers handlers)
    : worker_(worker),
      client_(worker, settings.client, std::move(to), random),
      names_(*this, random, settings.prefix, settings.member, std::move(handlers)),
      timer_(worker, [this] {
          names_.tick();
          arm();
      }) {}

void Store::start() {
    names_.start();
    arm();
}

void Store::claim(const cluster::StoreClaim& claim) {
    names_.claim(claim);
    arm();
}

void Store::release(const cluster::StoreRelease& release) {
    names_.release(release);
    arm();
}

// --- calls -----------------------------------------------------------------------------------------------------------

template <typename Answer>
Calls::Done<Answer> Store::then_arm(Done<Answer> done) {
    return [this, done = std::move(done)](const Result<Answer, etcd::Fault>& answer) {
        done(answer);
        arm();
    };
}

void Store::transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) {
    client_.transact(request, then_arm(std::move(done)));
}

void Store::grant(etcd::LeaseId lease, std::chrono::seconds time, Done<etcd::LeaseAnswer> done) {
    client_.grant(lease, time, then_arm(std::move(done)));
}

void Store::renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) {
    client_.renew(lease, then_arm(std::move(done)));
}

}  // namespace ferrotunnel::etcd_store
