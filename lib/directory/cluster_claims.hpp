// Names in a cluster: a session's claims at the home of each name, as sessions see them. A server alone has none of
// this.
//
//   session --claim--> ClusterClaims --decided--> granted: the service is opened; refused: the client is told
//                            '--revoked (the home gave the name to another owner)--> the service ends
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "directory/claim_name.hpp"
#include "directory/membership.hpp"
#include "directory/refusal.hpp"
#include "login/token.hpp"

namespace ferrotunnel::directory {

/// What a claim holds. Destroying it gives the names up; any thread may do that.
class ClusterClaim {
public:
    virtual ~ClusterClaim() = default;
    /// For how long the names stay reserved for the token after the end; none by default.
    virtual void reserve_for(Duration time) noexcept = 0;
};

/// Thread-safe. Outlives all sessions.
class ClusterClaims {
public:
    virtual ~ClusterClaims() = default;

    struct Request {
        std::vector<ClaimName> names;  // not empty, unless there is a private service
        /// The name of a private service of the owner's token, which all its clients share; empty: none.
        std::string private_service{};
        /// The client or group that has them: `second` tells the parties of one token apart.
        ClientId owner;
        /// Digest of the service's description: all trunks and members of one owner must describe it alike.
        std::uint64_t terms = 0;
    };
    /// Both may be called on any thread, also from within claim(); no lock is held meanwhile.
    struct Handlers {
        /// Called exactly once, unless the claim is destroyed first: nothing if all names are granted.
        std::function<void(std::optional<Refusal>)> decided;
        /// Called at most once, after `decided` with nothing: another owner has one of the names now.
        std::function<void(Refusal)> revoked;
        /// Whether the client still answers: to be answered exactly once, on any thread.
        std::function<void(std::function<void(bool alive)> answer)> probe;
    };
    /// The caller keeps the result as long as the service. Never null.
    virtual std::unique_ptr<ClusterClaim> claim(Request request, Handlers handlers) = 0;

    /// An owner's readiness for visitors at this server has changed.
    enum class Readiness : std::uint8_t { ready, standby, unhealthy, draining };
    virtual void set_readiness(const std::vector<ClaimName>& names, Readiness readiness) = 0;

    /// Unused names that the server assigns may be held elsewhere: whether another member has it, or it is reserved.
    virtual bool is_taken(const ClaimName& name) const = 0;
};

}  // namespace ferrotunnel::directory
