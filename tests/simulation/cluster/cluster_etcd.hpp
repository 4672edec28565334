// The etcd of a simulated cluster: a small exact model of keys, revisions, leases and transactions as of etcd 3.5.
//
// It never loses a key but by the end of its lease, by a transaction, or by being restored from an earlier state; each
// of these is reported.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.hpp"
#include "etcd/answers.hpp"
#include "etcd/requests.hpp"
#include "simulation/cluster/cluster_context.hpp"

namespace ferrotunnel::simulation {

class ClusterEtcd {
public:
    using LeaseId = etcd::LeaseId;
    using Keys = std::map<std::string, etcd::KeyValue>;
    template <typename Answer>
    using Result = ferrotunnel::Result<Answer, etcd::Fault>;
    /// A key is gone: by a transaction, or by a lease's end or a restoration (`is_lost`).
    using Gone = std::function<void(const etcd::KeyValue& key, bool is_lost)>;

    explicit ClusterEtcd(ClusterContext& context) : context_(context) {}
    void on_gone(Gone gone) { on_gone_ = std::move(gone); }

    Result<etcd::TransactionAnswer> transact(const etcd::Transaction& request);
    Result<etcd::LeaseAnswer> grant(LeaseId lease, std::chrono::seconds time);
    Result<etcd::LeaseAnswer> renew(LeaseId lease);

    /// A new leader: no lease ends before its whole time has passed again.
    void extend_leases();
    /// A leader that was starving ends all leases that are at most this long.
    void end_leases(std::chrono::seconds longest);
    void save() { saved_ = present_; }
    /// The state of the last save(), with the leases of then. `is_other`: under another id.
    void restore(bool is_other);

    const Keys& keys() const noexcept { return present_.keys; }
    bool has_lease(LeaseId lease) const { return present_.leases.contains(lease); }
    /// Ends the leases whose time is over.
    void expire();

private:
    struct Lease {
        std::chrono::seconds time{};
        TimePoint ends{};
    };
    struct State {
        Keys keys{};
        std::map<LeaseId, Lease> leases{};
        etcd::Revision revision = 1;
    };

    etcd::Header header() const { return {cluster_, 1, present_.revision}; }
    TimePoint end_of(std::chrono::seconds time);
    void end_lease(LeaseId lease);
    bool holds(const etcd::Compare& condition) const;
    etcd::OperationAnswer carry_out(const etcd::Operation& operation, etcd::Revision revision);
    etcd::OperationAnswer carry_out(const etcd::Read& read) const;

    ClusterContext& context_;
    Gone on_gone_;
    std::uint64_t cluster_ = 1;
    State present_;
    State saved_;
};

}  // namespace ferrotunnel::simulation
