// What a server reports about its cluster: to the control API as JSON, and to a scraper as metrics.
#pragma once

#include <cstdint>
#include <string>

#include "admin/answer.hpp"
#include "base/clock.hpp"
#include "metrics/exposition.hpp"
#include "peers/cluster.hpp"

namespace ferrotunnel::detail {

/// `listen`: the address where this member listens for others.
admin::Json json_of_cluster(const peers::ClusterState& state, const std::string& listen, TimePoint now);

/// A page of /v1/cluster/names.
admin::Json json_of_names(const peers::NamePage& page);
/// How many names the clients of other members have, counted once for each member.
std::uint64_t names_elsewhere(const peers::ClusterState& state);

/// The families are there without a cluster, too. `state` is null without one.
void put_cluster(metrics::Exposition& to, const peers::ClusterState* state);

/// The members that have a name, for the answer about a route. `own`: this one.
admin::Json json_of_place(const peers::NamePlace& place, const std::string& own);

}  // namespace ferrotunnel::detail
