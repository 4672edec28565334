// Store: StoredNames on a worker, with an etcd::Client.
//
//   NameStore --claim, release--> Store --> StoredNames --Calls--> etcd::Client
//                                   '--timer, after each call and each answer--> StoredNames::tick()
#pragma once

#include <string>
#include <vector>

#include "base/random.hpp"
#include "cluster/effects.hpp"
#include "etcd_client/client.hpp"
#include "etcd_store/calls.hpp"
#include "etcd_store/stored_names.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::etcd_store {

struct Settings {
    etcd::Settings client{};
    std::string prefix = "ferrotunnel/";  // of all keys; at most limits::prefix_max bytes, without spaces
    std::string member;                   // this member's name
};

/// Lives on its worker.
class Store final : private Calls {
public:
    /// Called on the worker.
    using Handlers = StoredNames::Handlers;

    /// `to`: etcd::destinations_of(settings.client).
    Store(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to, Random& random,
          Handlers handlers);
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    void start();
    void claim(const cluster::StoreClaim& claim);
    void release(const cluster::StoreRelease& release);

    /// Claims and releases that have not ended.
    std::size_t waiting() const noexcept { return names_.waiting(); }
    /// Why no name can be claimed now; empty: one can.
    const std::string& problem() const noexcept { return names_.problem(); }

private:
    // Calls.
    TimePoint now() const override { return worker_.now(); }
    void transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) override;
    void grant(etcd::LeaseId lease, std::chrono::seconds time, Done<etcd::LeaseAnswer> done) override;
    void renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) override;

    template <typename Answer>
    Done<Answer> then_arm(Done<Answer> done);
    void arm() { timer_.set(names_.next_deadline()); }

    runtime::Worker& worker_;
    etcd::Client client_;
    StoredNames names_;
    runtime::Timer timer_;
};

}  // namespace ferrotunnel::etcd_store
