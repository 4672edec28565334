// The settings of a cluster's etcd: their check, and how the store is reached.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "etcd_store/store.hpp"
#include "ferrotunnel/cluster.hpp"
#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {

/// Appends all problems. Reads the password, and TLS files.
void check_cluster_etcd(const Cluster& cluster, std::vector<Problem>& problems);

struct StoreAccess {
    etcd_store::Settings settings;
    std::vector<fetch::Destination> to;
};
/// Of checked settings with `etcd`. An error, for people: a file cannot be read any more.
Result<StoreAccess, std::string> store_access(const Cluster& cluster);

}  // namespace ferrotunnel::detail
