// Where the application looks up tokens (Server::Builder::authenticate).
#pragma once

#include "ferrotunnel/authenticate.hpp"

namespace ferrotunnel::detail {

struct ApplicationLookup {
    AuthenticateHandler handler;  // not empty
    AuthenticateLimits limits;
};

}  // namespace ferrotunnel::detail
