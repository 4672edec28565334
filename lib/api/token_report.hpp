// Control API and metrics of a Server's tokens: rights, quotas, secrets, and the use by their clients.
#pragma once

#include <set>
#include <string>

#include "admin/subject.hpp"
#include "api/server_sessions.hpp"
#include "metrics/exposition.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

admin::Answer answer_about_tokens(const session::ServerShared& shared, const ServerSessions& sessions,
                                  const std::set<std::string>& of_cluster);
void put_quota_refusals(metrics::Exposition& to, const session::ServerShared& shared);

}  // namespace ferrotunnel::detail
