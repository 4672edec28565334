// The services of a server by the names under which visitors ask for them, of the clients of one token: private
// services that other clients visit, and services that are reached by CONNECT or by a port for several protocols.
#pragma once

#include <cstdint>
#include <list>
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
class NamedServices : public std::enable_shared_from_this<NamedServices> {
    using Key = std::pair<login::TokenId, std::string>;  // the name in lower case
    using Services = std::map<Key, std::list<NamedCarrier>>;
    struct Entry {
        Services::iterator key;
        std::list<NamedCarrier>::iterator carrier;
    };

public:
    /// A service is found for as long as this is kept.
    class Place {
    public:
        explicit Place(std::shared_ptr<NamedServices> services) noexcept : services_(std::move(services)) {}
        ~Place() { services_->remove(entries_); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

    private:
        friend class NamedServices;
        const std::shared_ptr<NamedServices> services_;
        std::vector<Entry> entries_;
    };

    /// Services of kind tcp and private_tcp are found by `carrier.name`, and by `carrier.name` and the client's own
    /// name with a dot between them. Null for others.
    std::unique_ptr<Place> add(const login::TokenId& token, const std::string& client_name,
                               const NamedCarrier& carrier);

    /// Those with that name, whatever the case of its letters.
    std::vector<NamedCarrier> called(const login::TokenId& token, std::string_view name) const;

private:
    void remove(const std::vector<Entry>& entries) noexcept;

    mutable std::mutex mutex_;
    Services services_;
};

}  // namespace ferrotunnel::session
