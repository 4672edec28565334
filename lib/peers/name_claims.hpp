// Claims of this server's sessions: each request's names at the register, decided together.
//
//   waiting --all granted--> held --one revoked--> revoked
//      |                       |                      |
//      |--one refused,         '--destroyed-----------'--> ended: every name is given back
//      |  or revoked: the rest is given back --> refused
//      '--destroyed--> ended
//
// A handler that another thread is about to call when its claim is destroyed may still be called after that.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "directory/cluster_claims.hpp"
#include "peers/claim_names.hpp"
#include "peers/register_driver.hpp"

namespace ferrotunnel::peers {

class NameClaims final : public directory::ClusterClaims,
                         public ClaimEvents,
                         public std::enable_shared_from_this<NameClaims> {
public:
    /// Held by a shared_ptr.
    explicit NameClaims(std::shared_ptr<RegisterDriver> names) : names_(std::move(names)) {}

    // ClusterClaims.
    std::unique_ptr<directory::ClusterClaim> claim(Request request, Handlers handlers) override;
    void set_readiness(const std::vector<directory::ClaimName>& names, Readiness readiness) override;
    bool is_taken(const directory::ClaimName& name) const override;

    // ClaimEvents.
    void on_granted(const cluster::ClaimGranted& granted) override;
    void on_refused(const cluster::ClaimRefused& refused) override;
    void on_revoked(const cluster::Revoked& revoked) override;
    void on_probe(const cluster::ProbeClient& probe) override;

private:
    class Handle;
    /// One request.
    struct Asked {
        std::vector<cluster::ClaimId> claims;  // one for each name
        Handlers handlers;                     // each is moved out when it is called for the only time
        std::size_t waiting = 0;               // names without an answer
        bool is_over = false;                  // refused, or destroyed: it is in no table any more
    };
    struct Part {
        std::shared_ptr<Asked> of;
        OwnedName what;
        bool is_granted = false;
    };
    using Found = std::vector<std::shared_ptr<Asked>>;

    std::shared_ptr<Asked> enter(const std::vector<OwnedName>& names, Handlers handlers);
    void ask(const Asked& asked, const std::vector<OwnedName>& names);
    bool remove(Asked& asked) REQUIRES(mutex_);
    void refuse(const std::shared_ptr<Asked>& asked, directory::Refusal why);
    void revoke(const std::shared_ptr<Asked>& asked, directory::Refusal why);
    void give_back(const std::vector<cluster::ClaimId>& claims, Duration reserved_for);
    void destroyed(Asked& asked, Duration reserved_for);
    Found granted(const cluster::Name& name, const cluster::Owner& owner, bool keeps);

    const std::shared_ptr<RegisterDriver> names_;
    mutable Mutex mutex_;
    cluster::ClaimId last_ GUARDED_BY(mutex_) = 0;
    std::map<cluster::ClaimId, Part> parts_ GUARDED_BY(mutex_);
    std::multimap<cluster::Name, cluster::ClaimId> by_name_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
