// Services of a server by name, for visitors that request them by name from the clients of one token: private services
// that other clients visit, and services reached by CONNECT or by a port for several protocols.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.hpp"
#include "login/token.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

class ServerSession;

/// A trunk that carries a service, and the id by which the trunk identifies the service.
struct NamedCarrier {
    std::weak_ptr<ServerSession> session;
    std::uint32_t service = 0;
    wire::ServiceKind kind = wire::ServiceKind::tcp;
    std::string name;  // as its client spells it
};

/// Thread-safe. The cost of a look-up is bounded by limits::named_carriers_max, whatever the number of sessions and
/// services and their names: it returns at most that many with the name, the next ones in turn each time.
class NamedServices : public std::enable_shared_from_this<NamedServices> {
    using Carriers = std::list<const NamedCarrier*>;  // of places; the one whose turn is next first
    struct Called {
        Carriers present;
        Carriers outgoing;  // replaced by another trunk
    };
    using Index = std::map<std::pair<login::TokenId, std::string>, Called>;
    struct Entry {
        Index* index;
        Index::iterator called;
        Carriers::iterator carrier;
    };

public:
    /// The service is found as long as its Place exists.
    class Place {
    public:
        Place(std::shared_ptr<NamedServices> services, const NamedCarrier& carrier)
            : services_(std::move(services)), carrier_(carrier) {}
        ~Place() { services_->remove(*this); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        /// From now on the service is found only if no other one has its name.
        void set_outgoing() noexcept { services_->set_outgoing(*this); }

    private:
        friend class NamedServices;
        const std::shared_ptr<NamedServices> services_;
        const NamedCarrier carrier_;
        bool outgoing_ = false;
        std::vector<Entry> entries_;
    };

    /// Services of kind tcp and private_tcp are found by `carrier.name`, and by `carrier.name` and the client's own
    /// name with a dot between them. Null for other kinds.
    std::unique_ptr<Place> add(const login::TokenId& token, const std::string& client_name,
                               const NamedCarrier& carrier);

    /// Services with that name, compared without regard to case.
    std::vector<NamedCarrier> called(const login::TokenId& token, std::string_view name);
    /// Private services with exactly that name, which other clients visit.
    std::vector<NamedCarrier> visited(const login::TokenId& token, std::string_view name);

private:
    void insert(Place& place, Index& index, const login::TokenId& token, std::string name) REQUIRES(mutex_);
    void remove(const Place& place) noexcept;
    void set_outgoing(Place& place) noexcept;
    std::vector<NamedCarrier> next_of(Index& index, const login::TokenId& token, std::string name) REQUIRES(mutex_);

    Mutex mutex_;
    Index by_any_case_ GUARDED_BY(mutex_);  // names are in lower case
    Index private_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::session
