// Finds the service, and the group member, that an HTTP visitor would reach now. Nothing is sent, or counted.
#pragma once

#include "admin/subject.hpp"
#include "api/server_sessions.hpp"
#include "directory/http_directory.hpp"

namespace ferrotunnel::detail {

admin::Answer answer_about_route(const directory::HttpDirectory& directory, const ServerSessions& sessions,
                                 const admin::RouteRequest& question);

}  // namespace ferrotunnel::detail
