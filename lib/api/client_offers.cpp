#include "api/client_offers.hpp"

#include <utility>

#include "api/datagram_line.hpp"
#include "api/stream_core.hpp"
#include "transport/tls_context.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::detail {

// If this throws, `waiting` still belongs to the caller.
ClientOffers::Made ClientOffers::make(Offer offer, std::vector<Problem> problems) {
    Made made;
    {
        const MutexLock lock(needs_.state.mutex);
        needs_.state.services.check_room(offer.service, problems);
        needs_.state.status.check_open("add a service");
        if (!problems.empty()) {
            throw config_error(std::move(problems));
        }
        made.state = needs_.state.services.prepare(offer.service);
        serve(offer, made);
        ServiceEntry entry;
        entry.state = made.state;
        entry.listener = made.listener;
        entry.waiting = offer.waiting;
        entry.known = std::move(offer.known);
        const bool is_off = entry.is_off();
        needs_.state.services.add(offer.service, std::move(entry));
        if (is_off) {
            made.state->set_disabled();
        } else {
            needs_.link.post([service = offer.service](session::ClientLink& link) mutable noexcept {
                link.add(std::move(service));
            });
        }
    }
    log_backend(offer.service);
    return made;
}

// Connects streams of a service to the application.
void ClientOffers::serve(Offer& offer, Made& made) {
    if (offer.datagrams) {
        offer.service.on_stream = [this, state = made.state, handler = std::move(offer.datagrams)](
                                      IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
            serve_datagrams(std::move(stream), {open.visitor, wire::ServiceKind::udp, state}, handler,
                            needs_.shared->datagrams, needs_.log);
        };
    } else if (offer.application_serves) {
        made.listener = std::make_shared<ListenerCore>(made.state);
        // The address of an HTTP stream is that of the visitor with the first request: wrong for all later ones.
        const bool one_visitor = offer.service.kind != wire::ServiceKind::http || offer.service.http.per_visitor;
        offer.service.on_stream = [this, one_visitor, kind = offer.service.kind, listener = made.listener](
                                      IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
            StreamOrigin origin{one_visitor ? open.visitor : net::Address(), kind, listener->service_state(),
                                wire::read_open_metadata(open.metadata).host};
            listener->deliver(StreamCore::of_opened(std::move(stream), std::move(origin), needs_.life));
        };
    }
}

Service ClientOffers::listen(Udp description, DatagramHandler handler) {
    std::vector<Problem> problems;
    Offer offer;
    offer.service = engine_service(std::move(description), true, problems);
    offer.application_serves = true;
    if (!handler) {
        problems.push_back({offer.service.name, "has no handler for datagrams"});
    }
    offer.datagrams = std::make_shared<const DatagramHandler>(std::move(handler));
    return Service(make(std::move(offer), std::move(problems)).state);
}

// An error code cannot carry the problems of a description; the log and the events do.
void ClientOffers::make_or_fail(Offer offer, std::vector<Problem> problems) {
    const std::string name = offer.service.name;
    ListenOperation* const operation = offer.waiting;
    std::error_code error;
    try {
        make(std::move(offer), std::move(problems));
    } catch (const config_error& problem) {
        error = errc::invalid_argument;
        report_impossible(name, problem);
    } catch (const std::system_error& ended) {
        error = ended.code();
    }
    if (error) {
        operation->complete(error, Listener());
    }
}

void ClientOffers::report_impossible(const std::string& service, const config_error& error) {
    needs_.log.error("a service cannot be offered", {{"service", service}, {"why", error.what()}});
    Event event;
    event.kind = Event::Kind::refused;
    event.peer = needs_.server;
    event.service = service;
    event.error = errc::invalid_argument;
    event.text = error.what();
    needs_.link.worker().post([&events = needs_.events, event = std::move(event)] { events.deliver(event); });
}

std::shared_ptr<ServiceState> ClientOffers::new_state(const std::string& name, std::uint32_t id) const {
    return std::make_shared<ServiceState>(name, [anchor = anchor_, id] {
        const MutexLock anchored(anchor->mutex);
        if (anchor->offers != nullptr) {
            anchor->offers->close(id);
        }
    });
}

void ClientOffers::log_backend(const backend::ClientService& service) const {
    if (service.backend.tls && !service.backend.tls->verifies() && !service.backend.tls->is_pinned()) {
        needs_.log.warn("the certificate of a service's backend is not verified",
                        {{"service", service.name}, {"backend", service.backend.text}});
    }
    if (service.backend.tls && !service.backend.tls->exposed_key().empty()) {
        needs_.log.warn("the private key for a service's backend is readable by every user of this machine",
                        {{"service", service.name}, {"file", service.backend.tls->exposed_key()}});
    }
}

// Called when the application has closed the handle: present visitors continue.
void ClientOffers::close(std::uint32_t id) {
    Event event;
    {
        const MutexLock lock(needs_.state.mutex);
        std::optional<std::string> name = needs_.state.services.remove(id);
        if (!name) {
            return;
        }
        event.service = std::move(*name);
        needs_.state.changed.notify_all();
    }
    event.kind = Event::Kind::unregistered;
    event.peer = needs_.server;
    needs_.link.post(
        [id, &events = needs_.events, event = std::move(event)](session::ClientLink& link) mutable noexcept {
            link.remove(id);
            events.deliver(std::move(event));
        });
}

void ClientOffers::end(std::error_code error) {
    std::vector<ListenOperation*> waiting;
    {
        const MutexLock lock(needs_.state.mutex);
        waiting = needs_.state.services.take_waiting();
    }
    for (ListenOperation* operation : waiting) {
        operation->complete(error, Listener());
    }
    ServiceEntries::Map services;
    {
        const MutexLock lock(needs_.state.mutex);
        services = needs_.state.services.take_all();
    }
    for (auto& [id, entry] : services) {
        entry.state->set_closed();
        if (entry.listener) {
            entry.listener->fail(errc::session_closed);
        }
    }
}

void ClientOffers::detach() {
    const MutexLock lock(anchor_->mutex);
    anchor_->offers = nullptr;
}

}  // namespace ferrotunnel::detail
