// The services of a server by the names under which visitors ask for them, of the clients of one token: private
// services that other clients visit, and services that are reached by CONNECT or by a port for several protocols.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "login/token.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

class ServerSession;

/// A trunk that carries a service, and the id by which the trunk knows the service.
struct NamedCarrier {
    std::weak_ptr<ServerSession> session;
    std::uint32_t service = 0;
    wire::ServiceKind kind = wire::ServiceKind::tcp;
    std::string name;  // as its client writes it
};

/// Any thread. A look-up costs as much as there are trunks that carry a service of that name for that token, however
/// many sessions and services there are.
class NamedServices {
public:
    /// Services of kind tcp and private_tcp are found by `carrier.name`, and by `carrier.name` and the client's own
    /// name with a dot between them.
    void add(const login::TokenId& token, const std::string& client_name, NamedCarrier carrier);
    /// Does nothing where there is none.
    void remove(const login::TokenId& token, const std::string& client_name, const std::string& name,
                const ServerSession& session, std::uint32_t service) noexcept;

    /// Those with that name, whatever the case of its letters.
    std::vector<NamedCarrier> called(const login::TokenId& token, std::string_view name) const;

private:
    using Key = std::pair<login::TokenId, std::string>;  // the name in lower case
    struct Entry {
        const ServerSession* session;
        NamedCarrier carrier;
    };

    mutable std::mutex mutex_;
    std::map<Key, std::vector<Entry>> services_;
};

}  // namespace ferrotunnel::session
