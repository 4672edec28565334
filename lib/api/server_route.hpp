// Finds the service, and the group member, that an HTTP visitor would reach now. Nothing is sent, or counted.
#pragma once

#include "admin/subject.hpp"
#include "api/server_sessions.hpp"
#include "directory/http_directory.hpp"
#include "peers/cluster.hpp"

namespace ferrotunnel::detail {

/// `cluster` is null for a server that is alone.
admin::Answer answer_about_route(const directory::HttpDirectory& directory, const ServerSessions& sessions,
                                 const peers::Cluster* cluster, const admin::RouteRequest& question);

}  // namespace ferrotunnel::detail
