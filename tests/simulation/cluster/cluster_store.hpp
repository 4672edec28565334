// The store of one process of a simulated cluster: etcd_store::StoredNames, between the process's register and the
// simulated etcd, as NameStore, Store and etcd::Client are in the product.
//
//   register --StoreClaim, StoreRelease--> queue --soon--> StoredNames --calls, each tried at several endpoints--> etcd
//            <--answers, its problem, losses--------------------'
//
// What was sent before a crash still arrives at etcd. A call has half a second at each endpoint, and may have had its
// effect at each of them.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>

#include "etcd_store/calls.hpp"
#include "etcd_store/stored_names.hpp"
#include "simulation/cluster/cluster_etcd_faults.hpp"
#include "simulation/cluster/cluster_member.hpp"

namespace ferrotunnel::simulation {

/// Outlives its process, for what is on its way.
class ClusterStore final : private etcd_store::Calls {
public:
    /// `on_lost`: names have to be claimed again.
    ClusterStore(ClusterContext& context, ClusterEtcd& etcd, ClusterEtcdFaults& faults, ClusterMember& member,
                 std::function<void()> on_lost);

    void start();
    void add(const ferrotunnel::cluster::StoreClaim& claim) { add_request(claim); }
    void add(const ferrotunnel::cluster::StoreRelease& release) { add_request(release); }
    /// This process's clock goes forward.
    void jump(Duration time);
    void stop() noexcept { is_stopped_ = true; }

    const etcd_store::StoredNames& names() const noexcept { return names_; }
    /// Whether the lease is one that this process renews.
    bool keeps(etcd::LeaseId lease) const {
        return std::any_of(kept_leases_.begin(), kept_leases_.end(),
                           [lease](const auto& kept) { return kept.second == lease; });
    }

private:
    using Request = std::variant<ferrotunnel::cluster::StoreClaim, ferrotunnel::cluster::StoreRelease>;
    template <typename Answer>
    struct Call {
        std::function<Result<Answer, etcd::Fault>()> carry_out;
        Done<Answer> done;
        std::uint64_t attempts = 0;
        bool is_done = false;
    };

    // Calls.
    TimePoint now() const override { return context_.events.now() + ahead_; }
    void transact(const etcd::Transaction& request, Done<etcd::TransactionAnswer> done) override;
    void grant(etcd::LeaseId lease, std::chrono::seconds time, Done<etcd::LeaseAnswer> done) override;
    void renew(etcd::LeaseId lease, Done<etcd::LeaseAnswer> done) override;

    template <typename Answer>
    void attempt(const std::shared_ptr<Call<Answer>>& call);
    template <typename Answer>
    void arrive(const std::shared_ptr<Call<Answer>>& call, std::uint64_t number);
    template <typename Answer>
    void finish(const std::shared_ptr<Call<Answer>>& call, const Result<Answer, etcd::Fault>& answer);
    etcd_store::StoredNames::Handlers handlers();
    void in_process(ClusterMember::Source source, Duration time, std::function<void()> what);
    void add_request(Request request);
    void carry_out_requests();
    void schedule_tick();

    ClusterContext& context_;
    ClusterEtcd& etcd_;
    ClusterEtcdFaults& faults_;
    ClusterMember& member_;
    const std::uint64_t incarnation_;
    const std::function<void()> on_lost_;
    std::map<std::chrono::seconds, etcd::LeaseId> kept_leases_;  // the latest of each time
    Duration ahead_{};
    bool is_stopped_ = false;
    std::deque<Request> requests_;
    TimePoint tick_at_ = never;
    std::uint64_t ticks_in_vain_ = 0;
    etcd_store::StoredNames names_;
};

}  // namespace ferrotunnel::simulation
