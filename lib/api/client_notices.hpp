// Turns notices of a Client's link into events for the application and into the state of its services.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "api/client_offers.hpp"

namespace ferrotunnel::detail {

/// Lives on the link's worker.
class ClientNotices {
public:
    struct Needs {
        ClientState& state;
        ClientOffers& offers;
        EventDelivery& events;
        Logger& log;
        const IntrusivePtr<OwnerLife>& life;
        const std::string& server;      // the peer's name in events that are about no connection
        std::function<void()> stopped;  // the link has ended, and so have its services
    };

    explicit ClientNotices(Needs needs) : needs_(std::move(needs)) {}

    void receive(const session::LinkNotice& notice);

private:
    void record(const session::LinkNotice& notice);
    std::optional<ServiceEntry> answered(std::uint32_t service, Event& event,
                                         const std::function<void(const ServiceEntry&)>& change);
    void on_registered(const session::LinkNotice& notice, Event& event);
    void on_refused(const session::LinkNotice& notice, Event& event);
    bool on_health(const session::LinkNotice& notice, Event& event);
    void on_stopped(const session::LinkNotice& notice);

    const Needs needs_;
};

}  // namespace ferrotunnel::detail
