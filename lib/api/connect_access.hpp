// Access control of the CONNECT port: which visitors reach the service that they name.
#pragma once

#include <memory>

#include "api/named_carriers.hpp"
#include "base/clock.hpp"
#include "ingress/connect_port.hpp"
#include "runtime/address.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Decides by the visitor's token, its rights, and the number of guessed tokens. Thread-safe.
class ConnectAccess {
public:
    /// Both outlive this object.
    ConnectAccess(const session::ServerShared& shared, const NamedCarriers& carriers) noexcept
        : shared_(shared), carriers_(carriers) {}
    ConnectAccess(const ConnectAccess&) = delete;
    ConnectAccess& operator=(const ConnectAccess&) = delete;

    ingress::ConnectDecision decide(const ingress::ConnectRequest& ask, const runtime::SocketAddress& from,
                                    TimePoint now) const;

private:
    struct Found {
        std::shared_ptr<const login::AcceptedToken> token{};  // null: there is none
        bool is_in_table = false;
    };
    /// Also an external one that sessions have: only they have services to connect to.
    Found find(const login::TokenId& secret) const;

    const session::ServerShared& shared_;
    const NamedCarriers& carriers_;
};

}  // namespace ferrotunnel::detail
