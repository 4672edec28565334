// What the server's administrator may do with a client's services (`client.managed`): the control API's requests about
// services, as far as the services lead to targets that the client's user has named. The rest of the API is not
// available.
#pragma once

#include "admin/subject.hpp"
#include "base/log.hpp"
#include "exits/destinations.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

/// Applies `request` to the services of `client`, and logs changes. `keeps`: the client has a file in which it keeps
/// services; then changes are kept.
wire::Managed answer_of_managed(const wire::Manage& request, admin::ServiceSubject& client,
                                const exits::Destinations& targets, bool keeps, Logger& log);

/// The answer of a client whose user does not allow it to be managed.
wire::Managed not_managed(const wire::Manage& request);

}  // namespace ferrotunnel::detail
