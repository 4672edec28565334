// The output of `ferrotunnel cluster status` and what `status` shows of a cluster: answers of the control API as text.
#pragma once

#include <string>

#include "status_text.hpp"

namespace ferrotunnel::cli {

/// This member, with an etcd a line about shared values, and a table of the others with their problems. `answer`: of
/// /v1/cluster.
std::string cluster_text(const Json& answer);
/// The member `cluster` of a server's status, null without a cluster: a line, and one for each member that is not
/// linked.
std::string cluster_lines(const Json& cluster);
/// A table of names and the servers whose clients have them. `names`: rows of /v1/cluster/names.
std::string cluster_names_text(Json names);
/// How many names are at other servers, for a list of a server's services; empty if there are none.
std::string names_elsewhere_line(const Json& answer);
/// Which members have a route's name, and why visitors go to one of them; empty without a cluster.
std::string cluster_route_text(const Json& answer);

}  // namespace ferrotunnel::cli
