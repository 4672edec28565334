// Store: the names of a cluster in etcd, for one of its members.
//
//   claim(), release() --> NameQueues --> transactions by etcd::Client --> answered()
//   LeaseKeepers: of what the member has (10 s), of reservations of hosts (24 h) and of ports (60 s)
//      '--all good: in order--> claims are asked for        '--not: problem(), claims are answered with it at once
//
// A lease that etcd has lost, and an etcd that was restored from an older state (its revision has gone back, or it has
// another id), mean that names have to be claimed again: lost(). What had been asked before counts as not answered.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "cluster/effects.hpp"
#include "cluster/store_answer.hpp"
#include "etcd_client/client.hpp"
#include "etcd_store/claim_keys.hpp"
#include "etcd_store/lease_keeper.hpp"
#include "etcd_store/name_queues.hpp"
#include "etcd_store/release_leases.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::etcd_store {

struct Settings {
    etcd::Settings client{};
    std::string prefix = "ferrotunnel/";  // of all keys; at most limits::prefix_max bytes, without spaces
    std::string member;                   // this member's name
};

/// Lives on its worker.
class Store {
public:
    /// Called on the worker, from within any function but the constructor.
    struct Handlers {
        /// To claim(), once.
        std::function<void(std::uint64_t request, const cluster::StoreAnswer&)> answered;
        /// Why no name can be claimed now, for people; empty: names can be claimed. When that has changed.
        std::function<void(const std::string& problem)> problem;
        /// Before problem(""): all names have to be claimed again.
        std::function<void()> lost;
    };
    /// `to`: etcd::destinations_of(settings.client).
    Store(runtime::Worker& worker, const Settings& settings, std::vector<fetch::Destination> to, Random& random,
          Handlers handlers);
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    void start();
    void claim(const cluster::StoreClaim& claim);
    void release(const cluster::StoreRelease& release);

    /// Claims and releases that have not ended.
    std::size_t waiting() const noexcept { return queues_.size(); }
    /// Why no name can be claimed now; empty: one can.
    const std::string& problem() const noexcept { return problem_; }

private:
    void lease_lost();
    void lease_changed();
    std::string present_problem() const;
    void advance();
    void run(const Operation& operation);
    void run_claim(const Operation& operation);
    void claimed(const cluster::Name& name, std::uint64_t generation,
                 const Result<etcd::TransactionAnswer, etcd::Fault>& answer, etcd::Revision sent_at);
    void claim_failed(const cluster::Name& name, const etcd::Fault& fault);
    void finish_claim(const cluster::Name& name, const cluster::StoreAnswer& answer);
    void run_release(const Operation& operation);
    void reserve(const Operation& operation);
    void reserve_with(const Operation& operation, etcd::LeaseId lease);
    void release_failed(const Operation& operation);
    void see(const etcd::Header& header, etcd::Revision sent_at);

    runtime::Worker& worker_;
    const Handlers handlers_;
    Random& random_;
    const ClaimKeys keys_;
    etcd::Client client_;
    LeaseKeeper live_;
    LeaseKeeper hosts_;
    LeaseKeeper ports_;
    ReleaseLeases release_leases_;
    NameQueues queues_;
    runtime::Timer timer_;  // of paused operations; also continues in a later round
    std::string problem_ = "it has not answered yet";
    std::uint64_t generation_ = 0;  // how often something was lost
    bool has_lost_ = false;         // and lost() was not called yet
    std::uint64_t cluster_ = 0;     // the id of etcd; 0: not known
    etcd::Revision seen_ = 0;       // the greatest one
};

}  // namespace ferrotunnel::etcd_store
