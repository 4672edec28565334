// StoredNames: the names of a cluster in etcd, for one of its members. Sans-IO.
//
//   claim(), release() --> NameQueues --> transactions by Calls --> answered()
//      '--claims that wait while others are on their way share a transaction; if it is not carried out, each has its
//      own
//   LeaseKeepers: of what the member has (10 s), of reservations of hosts (24 h) and of ports (60 s)
//      '--all good: in order--> claims are asked for        '--not: problem(), claims are answered with it at once
//
// A lease that etcd has lost, and an etcd that was restored from an older state (its revision has gone back, or it has
// another id), mean that names have to be claimed again: lost(). What had been asked before counts as not answered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "cluster/effects.hpp"
#include "cluster/store_answer.hpp"
#include "etcd_store/calls.hpp"
#include "etcd_store/claim_keys.hpp"
#include "etcd_store/lease_keeper.hpp"
#include "etcd_store/name_queues.hpp"
#include "etcd_store/release_leases.hpp"

namespace ferrotunnel::etcd_store {

/// Its owner calls tick() at next_deadline(), which each call and each answer can change. Not thread-safe.
class StoredNames {
public:
    /// Called from within any function but the constructor, and from answers to calls.
    struct Handlers {
        /// To claim(), once.
        std::function<void(std::uint64_t request, const cluster::StoreAnswer&)> answered;
        /// Why no name can be claimed now, for people; empty: names can be claimed. When that has changed.
        std::function<void(const std::string& problem)> problem;
        /// Before problem(""): all names have to be claimed again.
        std::function<void()> lost;
    };
    /// `calls` and `random` must outlive this, and answers must not come later. Prefix and member: as in Settings
    /// (store.hpp).
    StoredNames(Calls& calls, Random& random, const std::string& prefix, const std::string& member, Handlers handlers);
    StoredNames(const StoredNames&) = delete;
    StoredNames& operator=(const StoredNames&) = delete;

    void start();
    void claim(const cluster::StoreClaim& claim);
    void release(const cluster::StoreRelease& release);
    TimePoint next_deadline() const noexcept {
        return std::min(
            {live_.next_deadline(), hosts_.next_deadline(), ports_.next_deadline(), advance_at_, ask_revision_at_});
    }
    void tick();

    /// Claims and releases that have not ended.
    std::size_t waiting() const noexcept { return queues_.size(); }
    /// Why no name can be claimed now; empty: one can.
    const std::string& problem() const noexcept { return problem_; }

private:
    void lease_lost();
    void replace_leases();
    void lease_changed();
    std::string present_problem() const;
    void ask_revision();
    void note_refusal(const etcd::Fault& fault);
    void advance();
    void run_claims(const std::vector<Operation*>& operations);
    void claimed(const std::vector<cluster::Name>& names, std::uint64_t generation,
                 const Result<etcd::TransactionAnswer, etcd::Fault>& answer, etcd::Revision sent_at);
    void decided(const cluster::Name& name, const etcd::TransactionAnswer& answer);
    void claims_failed(const std::vector<cluster::Name>& names, const etcd::Fault& fault);
    void finish_claims(const std::vector<cluster::Name>& names, const cluster::StoreAnswer& answer);
    void run_release(const Operation& operation);
    void reserve(const Operation& operation);
    void reserve_with(const Operation& operation, etcd::LeaseId lease);
    void release_failed(const Operation& operation);
    void see(const etcd::Header& header, etcd::Revision sent_at);

    Calls& calls_;
    const Handlers handlers_;
    Random& random_;
    const ClaimKeys keys_;
    LeaseKeeper live_;
    LeaseKeeper hosts_;
    LeaseKeeper ports_;
    ReleaseLeases release_leases_;
    NameQueues queues_;
    TimePoint advance_at_ = never;
    TimePoint ask_revision_at_ = never;
    std::string refused_;  // why etcd accepts no changes although leases are good; empty: it does
    std::string problem_ = "it has not answered yet";
    std::uint64_t generation_ = 0;  // how often something was lost
    bool has_lost_ = false;         // and lost() was not called yet
    std::uint64_t cluster_ = 0;     // the id of etcd; 0: not known
    etcd::Revision seen_ = 0;       // the greatest one
};

}  // namespace ferrotunnel::etcd_store
