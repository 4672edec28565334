// The services of one trunk, and how they end.
//
//   keep --> (claimed) --> awaited or carried --leave--> gone, others of its client may carry it
//                                   |  \-------close---> gone for all trunks
//                                    \--erase: it was refused
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "session/service_kind.hpp"
#include "session/session_plugins.hpp"
#include "session/shared_view.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker. A service that ends sends the visitors in its queue to other trunks.
class ServiceTable {
public:
    struct Needs {
        const SessionContext& at;
        const ServiceKinds& kinds;
        SharedView& view;
        SessionPlugins* plugins;  // null if the server has none
    };

    explicit ServiceTable(Needs needs) : needs_(std::move(needs)) {}

    /// Null if there is none with this id.
    SessionService* find(std::uint32_t id) noexcept;
    const SessionService* find(std::uint32_t id) const noexcept;
    SessionService& at(std::uint32_t id) { return services_.at(id); }
    /// Also null if the id was registered again since.
    SessionService* find(std::uint32_t id, std::uint64_t registration) noexcept;
    bool contains(std::uint32_t id) const noexcept { return services_.contains(id); }
    std::size_t size() const noexcept { return services_.size(); }
    std::map<std::uint32_t, SessionService>& all() noexcept { return services_; }
    const std::map<std::uint32_t, SessionService>& all() const noexcept { return services_; }

    /// Adds a service that is about to be claimed, without the parts of its description that are not read later.
    SessionService& keep(const wire::Service& description);
    /// The session waits to be resumed, or no longer does: meanwhile other carriers have the visitors.
    void set_waiting(bool waits);
    /// Forgets a service that could not be registered; returns its description.
    wire::Service erase(std::uint32_t id);
    /// Forgets a service that this trunk no longer carries. Unknown ids are ignored.
    void forget(std::uint32_t id);

    /// Forgets the first service for which `is_it` is true, if there is one.
    template <typename Predicate>
    void forget_if(Predicate is_it) {
        for (const auto& [id, service] : services_) {
            if (is_it(service)) {
                forget(id);
                return;
            }
        }
    }

    /// Stops carrying the service: new visitors use other trunks. If there is none, they wait if the client
    /// `may_return`, otherwise they are refused and others may claim its names.
    void leave(SessionService& service, bool may_return = false);
    /// Ends the service for all trunks of the client.
    void close(SessionService& service);
    /// Leaves and forgets all. `may_return`: ports that have no other trunk are held.
    void close_all(bool may_return = false) noexcept;
    /// Lets a fresh session of the client join everything that this one carries.
    void yield_all();
    /// No service is carried, or found by its name.
    bool is_idle() const noexcept;
    /// Look-ups by name prefer other trunks to this one.
    void set_retired();

    /// Releases claims that no service of this trunk needs.
    void release_unwanted(const std::vector<directory::ClaimName>& names);
    /// Bytes of the rules and plugins of all services.
    std::size_t rule_bytes() const;
    /// Bytes of their hosts, each with its path.
    std::size_t name_bytes() const;

private:
    const Needs needs_;
    std::map<std::uint32_t, SessionService> services_;
    std::uint64_t registrations_ = 0;
    bool waits_ = false;
};

}  // namespace ferrotunnel::session
