// Finds the trunk that carries a service with a given name, or the way to the member of the cluster that has it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "login/token.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"
#include "session/server_session.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// A trunk that carries a service, and the id by which the trunk identifies the service.
using Carrier = std::pair<std::shared_ptr<session::ServerSession>, std::uint32_t>;

/// Passes a visitor to the service that it has named, on the worker of that.
using NamedTake = std::function<void(runtime::Fd socket, const runtime::SocketAddress& visitor)>;

/// Of several trunks, chooses the one with the fewest visitors. Thread-safe.
class NamedCarriers {
public:
    explicit NamedCarriers(const session::ServerShared& shared) noexcept : shared_(shared) {}
    NamedCarriers(const NamedCarriers&) = delete;
    NamedCarriers& operator=(const NamedCarriers&) = delete;

    /// For a service with this name, of an own client with this token.
    std::optional<Carrier> called(const std::string& host, const login::TokenId& token) const;
    /// The same, or else for a private service of another member's client, by its exact name or the name in lower case.
    /// Empty if there is none.
    NamedTake find(const std::string& host, const login::TokenId& token) const;
    /// For a private service, if the visitor's token may visit it: its own, or one that allows it.
    std::optional<Carrier> visited(const login::TokenId& visitor, const std::string& service,
                                   const std::string& token) const;
    /// The token that such a private service belongs to; empty if the visitor's token may not visit its services.
    std::optional<login::TokenId> visited_owner(const login::TokenId& visitor, const std::string& token) const;
    /// For "service", "service.client", or either followed by "@token", which may be omitted if the server has a single
    /// token.
    NamedTake at(const std::string& place) const;

private:
    const session::ServerShared& shared_;
};

}  // namespace ferrotunnel::detail
