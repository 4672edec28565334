// What `ferrotunnel cluster status` shows while a cluster changes from a list to etcd, or back: which step can follow.
#pragma once

#include <string>

#include "status_text.hpp"

namespace ferrotunnel::cli {

/// Two lines, or none if this member does not ask both (`cluster.etcd_homes`). `answer`: of /v1/cluster.
std::string cluster_change_text(const Json& answer);

}  // namespace ferrotunnel::cli
