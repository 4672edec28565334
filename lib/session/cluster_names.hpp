// Names that sessions of this server have in the cluster: the owner of each, and its readiness, which all of them
// share.
//
// The local registry decides among the clients of this server, and the cluster among its members. So a client to which
// the registry grants a name that another session here still has in the cluster claims it as the same owner: another
// trunk of the client, a session that rotates, or a predecessor (docs/architecture/handover.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "directory/cluster_claims.hpp"

namespace ferrotunnel::session {

/// Thread-safe. Calls set_readiness without a lock, by one thread at a time, so in the order of the changes.
class ClusterNames : public std::enable_shared_from_this<ClusterNames> {
    using Readiness = directory::ClusterClaims::Readiness;
    struct Entry {
        directory::ClientId owner;
        std::size_t uses = 0;
        std::array<std::size_t, 4> ready{};  // uses by readiness, of those that have visitors
        Readiness reported = Readiness::ready;
    };
    /// A name has several owners only while those of another token, or with other terms, wait for a refusal.
    using Entries = std::map<std::tuple<directory::ClaimName, login::TokenId, std::uint64_t>, Entry>;

public:
    /// Some names of a service with one owner, as long as it exists.
    class Use {
    public:
        /// `claims` gets the readiness of the names.
        Use(std::shared_ptr<ClusterNames> names, directory::ClusterClaims& claims, const directory::ClientId& owner);
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;

        const directory::ClientId& owner() const noexcept { return owner_; }
        std::vector<directory::ClaimName> names() const;
        /// The service has visitors, and is that ready: the best of all sessions is reported.
        void set_readiness(Readiness readiness);

    private:
        friend class ClusterNames;
        void count_out() noexcept REQUIRES(of_->mutex_);
        void queue_reports() REQUIRES(of_->mutex_);

        const std::shared_ptr<ClusterNames> of_;
        directory::ClusterClaims& claims_;
        const directory::ClientId owner_;
        std::vector<Entries::iterator> entries_;
        std::optional<Readiness> readiness_;
    };

    /// The names, each with its present owner, or else with `own`: one Use for each owner.
    std::vector<std::unique_ptr<Use>> use(directory::ClusterClaims& claims,
                                          const std::vector<directory::ClaimName>& names,
                                          const directory::ClientId& own, std::uint64_t terms);
    /// Names that sessions have.
    std::size_t size() const;

private:
    void report(directory::ClusterClaims& claims) noexcept;

    mutable Mutex mutex_;
    Entries entries_ GUARDED_BY(mutex_);
    std::deque<std::pair<directory::ClaimName, Readiness>> reports_ GUARDED_BY(mutex_);
    bool is_reporting_ GUARDED_BY(mutex_) = false;
};

}  // namespace ferrotunnel::session
