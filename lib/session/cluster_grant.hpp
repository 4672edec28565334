// The cluster's grant of one service's names to one session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "directory/cluster_claims.hpp"
#include "session/cluster_names.hpp"

namespace ferrotunnel::session {

struct SessionContext;
struct SessionService;

/// Plain data, on the session's worker. Destroying it gives the names up.
struct ClusterGrant {
    /// Names with one owner. The claim ends first, so that the next client here claims as the same owner until then.
    struct Part {
        std::unique_ptr<ClusterNames::Use> use;
        std::unique_ptr<directory::ClusterClaim> claim;
    };

    std::uint64_t serial = 0;  // an answer to an earlier grant of the service may still arrive
    std::vector<Part> parts;
    std::uint64_t terms = 0;  // cluster_terms()
    std::size_t waiting = 0;  // parts without an answer
    std::function<void(std::optional<directory::Refusal>)> decided;
    bool retired = false;  // its visitors are to go elsewhere
};

// Both do nothing for a service without a grant.

/// Reports how ready the service is, once it has been published.
void report_readiness(SessionService& service);
/// For how long its names stay reserved for the token after its end: a port for `ports`, a host for as long as the
/// directory knows it; nothing that the token no longer has a right to.
void reserve_names(const SessionContext& at, SessionService& service, Duration ports);

}  // namespace ferrotunnel::session
