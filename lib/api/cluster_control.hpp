// Requests of the control API to other members of the cluster.
#pragma once

#include <functional>
#include <string>

#include "admin/answer.hpp"
#include "admin/resources.hpp"
#include "peers/cluster.hpp"

namespace ferrotunnel::detail {

/// The answer of `member` to the request. If that is this member, `own` answers.
admin::Answer ask_member(const peers::Cluster& cluster, const std::string& member, const admin::Request& request,
                         const std::function<admin::Answer(admin::Request)>& own);

}  // namespace ferrotunnel::detail
