// Dump and restoration of what the members of a cluster share: tokens, revocations, kicks and certificates.
//
//   values --ValueRecords: sealed by the cluster's key, each bound to its key--> {"key": ..., "sealed": ...} --> values
//
// Everything else of the shared values is made anew by the members that run: addresses, orders, counts.
#pragma once

#include "admin/answer.hpp"
#include "admin/requests.hpp"
#include "peers/cluster.hpp"

namespace ferrotunnel::detail {

/// A page of the dump.
admin::Answer dump_of_values(const peers::Cluster& cluster, const admin::ClusterValuesRequest& request);
/// Those of the request count as changed now. Of none that has ended, or that cannot be read, anything is changed.
admin::Answer restore_values(peers::Cluster& cluster, const admin::ClusterRestoreRequest& request);

}  // namespace ferrotunnel::detail
