// Access to the engine behind a handle for parts of the library other than the handle.
#pragma once

#include "api/client_impl.hpp"
#include "api/make_facade.hpp"
#include "api/server_impl.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel::detail {

struct EngineAccess {
    static Client::Impl& of(Client& client) { return engine_of(client.impl_, "Client"); }
    static Server::Impl& of(Server& server) { return engine_of(server.impl_, "Server"); }
    static const Client::Impl& of(const Client& client) { return engine_of(client.impl_, "Client"); }
    /// Null if the handle is empty.
    static Server::Impl* find(const Server& server) noexcept { return server.impl_.get(); }
};

}  // namespace ferrotunnel::detail
