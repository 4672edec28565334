// Where a visitor of HTTP would be sent now: the service, and of a group the member. Nothing is sent, or counted.
#pragma once

#include "admin/subject.hpp"
#include "api/server_sessions.hpp"
#include "directory/http_directory.hpp"

namespace ferrotunnel::detail {

admin::Answer answer_about_route(const directory::HttpDirectory& directory, const ServerSessions& sessions,
                                 const admin::RouteQuestion& question);

}  // namespace ferrotunnel::detail
