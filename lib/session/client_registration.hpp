// Registration of a client's services on its trunks: each on one trunk first, and then, with the assigned port or host,
// on all others. Only the first answer is reported to the user, and later each other address.
//
//   on each trunk: unregistered --request--> requested --accepted--> registered
//                                                      --rejected--> refused --time passes--> requested
//
// A UDP service may have the number of a TCP one (ClientService::with). On each trunk it is requested when that one is
// registered, with the number that it got, and neither is reported before both are registered. If one of them is
// rejected the other is unregistered; both are requested again together with the rejected ones.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/timer.hpp"
#include "session/backoff.hpp"
#include "session/link_context.hpp"
#include "session/offered_services.hpp"

namespace ferrotunnel::session {

/// A service that replaces another one, `old`.
struct ServiceReplacement {
    std::uint32_t old = 0;
    backend::ClientService service;
};

/// Lives on the link's worker.
class ClientRegistration {
public:
    struct Needs {
        const LinkContext& at;
        OfferedServices& services;
        std::function<void(std::size_t place, std::vector<wire::ControlPayload>)> send;
        std::function<void(std::size_t place, wire::ControlPayload)> send_to_all;   // to all sessions of a trunk
        std::function<void(OfferedService&)> watch_health;                          // for a new or changed service
        std::function<void(std::size_t place, const OfferedService&)> send_health;  // for a registered service
        bool counts_attempts = false;                                               // reports each rejection
    };

    ClientRegistration(Needs needs, const Backoff::Settings& backoff);

    void add(backend::ClientService service);
    void remove(std::uint32_t id);
    /// Gives a service another backend; everything else must be unchanged.
    void set_backend(backend::ClientService service);
    /// All old ones are removed first, since a service may take the name or port of another one. What the server had
    /// chosen for them is requested again.
    void replace(std::vector<ServiceReplacement> replacements);

    /// Registers all services on a trunk that has opened, except those that are being requested on another one, and
    /// those that were rejected on all. The latter are requested again later, as long as there is another trunk.
    void register_all(std::size_t place);
    /// Registers the service on one trunk, if there is one.
    void register_first(OfferedService& offered);
    /// Requests on another trunk the services that only a lost trunk carried, or was to carry, and reports the address
    /// at the other server of those that are reachable only there now.
    void register_lost();
    /// No trunk is open any more: no service is reachable.
    void lose_all() noexcept;
    void on_registered(std::size_t place, const wire::RegisteredService& answer);
    /// The server has another address for a service that is registered on this trunk.
    void on_address(std::size_t place, const wire::RegisteredService& changed);
    void on_refused(std::size_t place, const wire::Refused& refused);
    /// Stops requesting rejected services again.
    void stop() noexcept { refused_timer_.cancel(); }

private:
    void insert(backend::ClientService service, OfferedService inherited);
    void request(std::size_t place, std::vector<OfferedService*> wanted);
    void refuse_here(std::size_t place, std::uint32_t id, const char* why);
    bool has_users_address(std::size_t place, const OfferedService& offered) const;
    std::string endpoint_of(std::size_t place, const wire::RegisteredService& answer) const;
    void report_registered(std::size_t place, OfferedService& offered, const std::string& endpoint, std::uint16_t port);
    void report_endpoint(std::size_t place, OfferedService& offered, const std::string& endpoint, std::uint16_t port);
    void report_other_endpoints();
    void report_note(const OfferedService& offered);
    void record_refused(OfferedService& offered, const wire::Refused& refused);
    void withdraw(OfferedService& offered, const wire::Refused& why);
    void unregister(std::uint32_t id);
    void retry_refused();
    Duration refused_retry_delay();

    const Needs needs_;
    Backoff refused_backoff_;
    runtime::Timer refused_timer_;
    std::uint32_t request_ = 0;
};

}  // namespace ferrotunnel::session
