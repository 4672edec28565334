// What a cluster with a store promises, checked at every step.
//
//   - two tokens have one root, and two owners one name, only if etcd has lost what one of them had there: a lease has
//     ended, or etcd was restored; or if one of them has it provisionally, by rule 3 without etcd
//   - of members that are linked, not even then, but for the time of news
//   - no transaction deletes what its member has
//   - a member that reaches etcd without trouble can ask it, and loses no lease
//   - nothing is revoked while nobody reaches etcd, but what is held provisionally, for the owner that the table has
//   - while all is in order, a name that nobody has is not refused
//   - in the end etcd has what members have, and what is reserved ends
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulation/cluster/cluster_etcd_faults.hpp"
#include "simulation/cluster/cluster_judge.hpp"
#include "simulation/cluster/cluster_store.hpp"

namespace ferrotunnel::simulation {

class ClusterStoreJudge final : public ClusterStoreRules {
public:
    using MemberList = ClusterJudge::MemberList;
    using Stores = std::vector<std::shared_ptr<ClusterStore>>;

    /// `stores`: of the present processes.
    ClusterStoreJudge(ClusterContext& context, const MemberList& members, const ClusterEtcd& etcd,
                      const ClusterEtcdFaults& faults, const ClusterJudge& judge, const Stores& stores)
        : context_(context), members_(members), etcd_(etcd), faults_(faults), judge_(judge), stores_(stores) {}

    void gone(const etcd::KeyValue& key, bool is_lost);
    /// A process of the member says that its names have to be claimed again.
    void lost(Index member) const;
    void jumped(Index member) { jumped_[member] = context_.events.now(); }

    // ClusterStoreRules.
    bool has(Index member, const Claim& claim) const override { return etcd_.keys().contains(key_of(member, claim)); }
    void two_tokens(Index member, const Holding& fresh, Index other, const Holding& before) override;
    void two_owners(Index member, const Holding& fresh, Index other, const Holding& before) override;
    void granted_provisionally(Index member) override;
    void released(const Name& name, Duration reserved_for) override;
    void refused(Index member, const Name& name, const Owner& owner, bool is_temporary) override;
    void revoked(Index member, const Claim& claim) override;

    /// When faults have ended long ago.
    void check() const;
    /// When all have left.
    void check_left() const;
    /// When all reservations are over.
    void check_empty() const { cluster_rule(etcd_.keys().empty(), "when all have left etcd keeps nothing"); }

private:
    std::string key_of(Index member, const Claim& claim) const;
    bool was_lost(Index member, const Claim& claim, TimePoint since) const;
    TimePoint last_trouble(Index member) const;
    bool is_quiet(Index member, Duration time) const;
    bool has_reason(const Name& name, const Owner& owner, Duration time) const;

    ClusterContext& context_;
    const MemberList& members_;
    const ClusterEtcd& etcd_;
    const ClusterEtcdFaults& faults_;
    const ClusterJudge& judge_;
    const Stores& stores_;
    std::map<std::string, TimePoint> lost_;            // keys of claims
    std::map<std::string, TimePoint> reserved_until_;  // by root
    std::map<Index, TimePoint> jumped_;
};

}  // namespace ferrotunnel::simulation
