// Adds a client's services, with a backend or served by the application; their handles remove them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "api/client_state.hpp"
#include "api/engine_service.hpp"
#include "api/event_delivery.hpp"
#include "api/lifecycle.hpp"
#include "api/link_host.hpp"

namespace ferrotunnel::detail {

/// Thread-safe. Handles of services may outlive it.
class ClientOffers {
public:
    struct Needs {
        ClientState& state;
        LinkHost& link;
        EventDelivery& events;
        Logger& log;
        const std::shared_ptr<session::ClientShared>& shared;
        const IntrusivePtr<OwnerLife>& life;
        const std::string& server;  // the peer's name in events
    };

    explicit ClientOffers(Needs needs) : needs_(std::move(needs)) { anchor_->offers = this; }
    ClientOffers(const ClientOffers&) = delete;
    ClientOffers& operator=(const ClientOffers&) = delete;

    /// Adds a service with a backend, described by a Tcp, an Http, a Tls or a Udp. `applies`: apply() removes it if its
    /// list does not contain it. Throws config_error, and std::system_error if the client has ended.
    template <typename Description>
    Service add(Description description, bool applies = true) {
        std::vector<Problem> problems;
        check_service(description, false, problems);
        Offer offer;
        offer.service = engine_service(description, false, problems);
        offer.known = KnownService{std::move(description), applies};
        return Service(make(std::move(offer), std::move(problems)).state);
    }
    /// Adds a service that the application serves.
    template <typename Description>
    Listener listen(Description description, asio::any_io_executor executor) {
        std::vector<Problem> problems;
        Offer offer;
        offer.service = engine_service(std::move(description), true, problems);
        offer.application_serves = true;
        return {make(std::move(offer), std::move(problems)).listener, std::move(executor)};
    }
    Service listen(Udp description, DatagramHandler handler);
    /// Like listen(), and completes the operation when the server has answered, or when the service cannot be added.
    template <typename Description>
    void start_listen(Description description, ListenOperation* operation) {
        std::vector<Problem> problems;
        Offer offer;
        offer.service = engine_service(std::move(description), true, problems);
        offer.application_serves = true;
        offer.waiting = operation;
        make_or_fail(std::move(offer), std::move(problems));
    }

    /// The state of a new service, whose close function ends the service here.
    std::shared_ptr<ServiceState> new_state(const std::string& name, std::uint32_t id) const;
    /// Logs warnings about the backend.
    void log_backend(const backend::ClientService& service) const;
    /// Ends everything: pending operations get `error`, with which the client has ended, and services close.
    void end(std::error_code error);
    /// Handles no longer close services here.
    void detach();

private:
    /// Shared reference by which handles find this; they may outlive it.
    struct Anchor {
        Mutex mutex;
        ClientOffers* offers GUARDED_BY(mutex) = nullptr;
    };
    /// A service to be added.
    struct Offer {
        backend::ClientService service;
        bool application_serves = false;
        ListenOperation* waiting = nullptr;
        std::optional<KnownService> known{};
        std::shared_ptr<const DatagramHandler> datagrams{};  // the application serves a UDP service
    };
    struct Made {
        std::shared_ptr<ServiceState> state;
        std::shared_ptr<ListenerCore> listener;  // null if there is a backend, or a handler of datagrams
    };

    Made make(Offer offer, std::vector<Problem> problems);
    void make_or_fail(Offer offer, std::vector<Problem> problems);
    void serve(Offer& offer, Made& made);
    void report_impossible(const std::string& service, const config_error& error);
    void close(std::uint32_t id);

    const Needs needs_;
    const std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>();
};

}  // namespace ferrotunnel::detail
