// Names of the cluster's register <-> names of sessions and of the directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "cluster/claim.hpp"
#include "cluster/effects.hpp"
#include "cluster/name.hpp"
#include "directory/claim_name.hpp"
#include "directory/cluster_claims.hpp"
#include "directory/refusal.hpp"
#include "login/token.hpp"

namespace ferrotunnel::peers {

/// A refusal if the members cannot share the name: its path is longer than cluster::limits::path_max, or not printable.
Result<cluster::Name, directory::Refusal> register_name(const directory::ClaimName& name);
/// Empty if no private service can have this name.
std::optional<cluster::Name> register_name(const login::TokenId& token, std::string_view private_service);
/// Of a host or a port.
directory::ClaimName claim_name(const cluster::Name& name);

/// What a request claims: each name with its owner. All clients of a token share a private service: its owner has no
/// party, and there are no terms on which they have to agree.
struct OwnedName {
    cluster::Name name;
    cluster::Owner owner;
    std::uint64_t terms = 0;
};
Result<std::vector<OwnedName>, directory::Refusal> owned_names(const directory::ClusterClaims::Request& request);

/// Refusals for the client's user. A client requests refused services again; with `busy`, which stands for every
/// refusal that is only for now, it keeps the port or host that the server has assigned to it.
directory::Refusal refusal_of(const cluster::ClaimRefused& refused);
directory::Refusal refusal_of(const cluster::Revoked& revoked);

}  // namespace ferrotunnel::peers
