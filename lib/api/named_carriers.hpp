// Finds the trunk that carries a service with a given name.
#pragma once

#include <cstdint>
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

/// Of several trunks, chooses the one with the fewest visitors. Thread-safe.
class NamedCarriers {
public:
    explicit NamedCarriers(const session::ServerShared& shared) noexcept : shared_(shared) {}
    NamedCarriers(const NamedCarriers&) = delete;
    NamedCarriers& operator=(const NamedCarriers&) = delete;

    /// For a service with this name, of a client with this token.
    std::optional<Carrier> called(const std::string& host, const login::TokenId& token) const;
    /// For a private service, if the visitor's token may visit it: its own, or one that allows it.
    std::optional<Carrier> visited(const login::TokenId& visitor, const std::string& service,
                                   const std::string& token) const;
    /// The token that such a private service belongs to; empty if the visitor's token may not visit its services.
    std::optional<login::TokenId> visited_owner(const login::TokenId& visitor, const std::string& token) const;
    /// For "service", "service.client", or either followed by "@token", which may be omitted if the server has a single
    /// token.
    std::optional<Carrier> at(const std::string& place) const;

private:
    const session::ServerShared& shared_;
};

/// Passes a visitor to the service of `carrier`, on its worker.
void hand_to_carrier(const Carrier& carrier, runtime::Fd socket, const runtime::SocketAddress& visitor);

}  // namespace ferrotunnel::detail
