// What a Client offers: adding and closing services, and the operations that wait until they are registered.
#include <algorithm>
#include <asio/error.hpp>
#include <utility>

#include "api/client_impl.hpp"
#include "api/datagram_line.hpp"
#include "api/make_facade.hpp"
#include "api/stream_core.hpp"
#include "base/mutex.hpp"
#include "directory/http_description.hpp"
#include "login/rights.hpp"
#include "settings/backend.hpp"
#include "settings/health.hpp"
#include "settings/service_plugins.hpp"
#include "transport/sealed.hpp"
#include "transport/tls_context.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel {

using detail::ListenOperation;
using detail::ServiceState;

namespace {

// Fills in what services of all kinds have. An application that serves needs no backend.
template <typename Description>
void complete(backend::ClientService& service, Description& description, bool application_serves,
              std::vector<Problem>& problems) {
    service.name = description.name;
    if (!description.token.empty()) {
        service.token = description.token.bytes();
    }
    if (!application_serves && problems.empty()) {
        service.backend = detail::make_backend(detail::backend_words(description), problems);
    }
}

wire::GroupPart group_part(const Group& group) {
    static_assert(static_cast<int>(Group::Balance::two_choices) == static_cast<int>(wire::Balance::two_choices));
    static_assert(static_cast<int>(Group::Sticky::cookie) == static_cast<int>(wire::Sticky::cookie));
    wire::GroupPart part{group.name, static_cast<wire::Balance>(group.balance), group.weight, group.standby};
    part.sticky = static_cast<wire::Sticky>(group.sticky);
    const Group::Eject& eject = group.eject;
    part.eject.failures = eject.failures;
    part.eject.first_ms = static_cast<std::uint32_t>(eject.first.count());
    part.eject.longest_ms = static_cast<std::uint32_t>(eject.longest.count());
    part.eject.share = eject.share;
    part.eject.counts = 0;
    for (const auto& [counts, kind] :
         {std::pair(eject.refused, wire::Eject::refused), std::pair(eject.resets, wire::Eject::resets),
          std::pair(eject.answers_5xx, wire::Eject::answers_5xx)}) {
        part.eject.counts |= std::uint32_t{kind} * (counts ? 1U : 0U);
    }
    part.eject.last_too = eject.last_too;
    return part;
}

// What is wrong with them was found by check_service.
void add_plugins(backend::ClientService& service, const std::vector<ServicePlugin>& plugins) {
    std::vector<Problem> known;
    service.plugins = detail::plugins_part(plugins, service.name, known);
}

// What counts towards the bound of a session.
std::size_t bytes_of_rules(const backend::ClientService& service) {
    return service.http.rules.bytes() + wire::bytes_of(service.plugins);
}

}  // namespace

backend::ClientService Client::Impl::described(Tcp description, bool application_serves,
                                               std::vector<Problem>& problems) {
    detail::check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = description.is_private ? wire::ServiceKind::private_tcp : wire::ServiceKind::tcp;
    service.remote_port = description.remote_port;
    service.bind = description.bind;
    if (!description.key.empty()) {
        service.seal = std::make_shared<const transport::SealContext>(transport::SealContext::End::service,
                                                                      description.key.bytes(), description.name);
    }
    add_plugins(service, description.plugins);
    service.group = group_part(description.group);
    service.health = detail::health_terms(description);
    complete(service, description, application_serves, problems);
    return service;
}

backend::ClientService Client::Impl::described(Http description, bool application_serves,
                                               std::vector<Problem>& problems) {
    detail::check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = wire::ServiceKind::http;
    service.http = detail::http_part(description);
    add_plugins(service, description.plugins);
    service.group = group_part(description.group);
    service.health = detail::health_terms(description);
    complete(service, description, application_serves, problems);
    return service;
}

backend::ClientService Client::Impl::described(Tls description, bool application_serves,
                                               std::vector<Problem>& problems) {
    detail::check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = wire::ServiceKind::tls;
    service.tls = detail::tls_part(description);
    add_plugins(service, description.plugins);
    service.group = group_part(description.group);
    service.health = detail::health_terms(description);
    complete(service, description, application_serves, problems);
    return service;
}

backend::ClientService Client::Impl::described(Udp description, bool application_serves,
                                               std::vector<Problem>& problems) {
    detail::check_service(description, application_serves, problems);
    backend::ClientService service;
    service.kind = description.is_private ? wire::ServiceKind::private_tcp : wire::ServiceKind::udp;
    service.with = description.with_tcp;
    service.remote_port = description.with_tcp.empty() ? description.remote_port : std::uint16_t{0};
    service.bind = description.bind;
    service.udp_idle = description.idle;
    service.visited_by_datagrams = description.is_private;
    add_plugins(service, description.plugins);
    if (!description.key.empty()) {
        using transport::SealContext;
        service.seal = std::make_shared<const SealContext>(SealContext::End::service, description.key.bytes(),
                                                           description.name, SealContext::Carries::datagrams);
    }
    service.group = group_part(description.group);
    complete(service, description, application_serves, problems);
    return service;
}

Client::Impl::Claims Client::Impl::claims_of(const backend::ClientService& service) {
    directory::HttpDescription description;
    const bool http = service.kind == wire::ServiceKind::http;
    if ((!http && service.kind != wire::ServiceKind::tls) ||
        (http ? directory::read_http_part(service.http, description)
              : directory::read_tls_part(service.tls, description))) {
        return {};
    }
    Claims claims;
    for (const std::string& host : description.hosts) {
        claims.emplace_back(host, description.claimed_path());
    }
    return claims;
}

// Checks a new service against those that are there, or will be.
void Client::Impl::check_room(const Entries& entries, const backend::ClientService& service, const Claims& claims,
                              std::vector<Problem>& problems) {
    std::size_t hosts = service.http.hosts.size() + service.tls.hosts.size();
    std::size_t rules = bytes_of_rules(service);
    for (const auto& [id, entry] : entries) {
        if (entry.name == service.name) {
            // Where nobody gives a name, it is made of the host: then it is the host that is there twice.
            const bool hosts_too = !claims.empty() && std::ranges::find_first_of(claims, entry.claims) != claims.end();
            problems.push_back({service.name, hosts_too ? "this client has a service for the same host and path, and "
                                                          "of that name already"
                                                        : "this client has a service of that name already"});
        }
        hosts += entry.hosts;
        rules += entry.rules;
    }
    if (hosts > limits::http_hosts_per_session_max) {
        problems.push_back({service.name, "this client has " + std::to_string(limits::http_hosts_per_session_max) +
                                              " hosts already, as many as one may"});
    }
    if (rules > limits::http_rules_bytes_per_session_max) {
        problems.push_back({service.name, "the rules and plugins of this client's services take more than " +
                                              std::to_string(limits::http_rules_bytes_per_session_max) + " bytes"});
    }
}

// Adds a service. Throws config_error, and std::system_error where the client has ended; `waiting` is then still the
// caller's.
Client::Impl::Offered Client::Impl::offer(backend::ClientService service, std::vector<Problem> problems,
                                          bool application_serves, ListenOperation* waiting, std::optional<Known> known,
                                          std::shared_ptr<const DatagramHandler> datagrams) {
    Offered offered;
    Claims claims = claims_of(service);
    {
        const MutexLock lock(mutex_);
        check_room(services_, service, claims, problems);
        if (closed_ || stopped_ || stop_error_) {
            throw std::system_error(stop_error_ ? stop_error_ : make_error_code(errc::session_closed), "add a service");
        }
        if (!problems.empty()) {
            throw config_error(std::move(problems));
        }
        std::uint32_t id = ++last_id_;
        service.id = id;
        service.row = row_of(service.name, service.kind);
        offered.state = new_state(service.name, id);
        if (datagrams) {
            service.on_stream = [this, state = offered.state, handler = std::move(datagrams)](
                                    IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                detail::serve_datagrams(std::move(stream), {open.visitor, wire::ServiceKind::udp, state}, handler,
                                        shared_->datagrams, log_);
            };
        } else if (application_serves) {
            offered.listener = std::make_shared<detail::ListenerCore>(offered.state);
            // The address of an HTTP stream is that of the visitor whose request came first: wrong for all that follow.
            const bool one_visitor = service.kind != wire::ServiceKind::http || service.http.per_visitor;
            service.on_stream = [this, one_visitor, kind = service.kind, listener = offered.listener](
                                    IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
                detail::StreamOrigin origin{one_visitor ? open.visitor : net::Address(), kind,
                                            listener->service_state(), wire::read_open_metadata(open.metadata).host};
                listener->deliver(detail::StreamCore::of_opened(std::move(stream), std::move(origin), life_));
            };
        }
        Entry entry = entry_of(service, offered.state);
        entry.listener = offered.listener;
        entry.waiting = waiting;
        entry.known = std::move(known);
        const bool is_off = entry.is_off();
        services_.emplace(id, std::move(entry));
        if (is_off) {
            offered.state->set_disabled();
        } else {  // with the lock: the link hears of changes in the order in which they are made
            worker_.post([this, service]() mutable noexcept { link_->add(std::move(service)); });
        }
    }
    tell_of_backend(service);
    return offered;
}

Service Client::Impl::listen(Udp description, DatagramHandler handler) {
    std::vector<Problem> problems;
    backend::ClientService service = described(std::move(description), true, problems);
    if (!handler) {
        problems.push_back({service.name, "has no handler that datagrams could be given to"});
    }
    return Service(offer(std::move(service), std::move(problems), true, nullptr, {},
                         std::make_shared<const DatagramHandler>(std::move(handler)))
                       .state);
}

std::shared_ptr<metrics::ServiceRow> Client::Impl::row_of(const std::string& service, wire::ServiceKind kind) const {
    return shared_->services->row({service, {}, std::string(login::name_of(kind))});
}

// The state that handles of a new service look at.
std::shared_ptr<ServiceState> Client::Impl::new_state(const std::string& name, std::uint32_t id) {
    return std::make_shared<ServiceState>(name, [anchor = anchor_, id] {
        const MutexLock anchored(anchor->mutex);
        if (anchor->impl != nullptr) {
            anchor->impl->close_service(id);
        }
    });
}

Client::Impl::Entry Client::Impl::entry_of(const backend::ClientService& service, std::shared_ptr<ServiceState> state) {
    Entry entry;
    entry.name = service.name;
    entry.state = std::move(state);
    entry.state->set_checked(service.health != nullptr);
    entry.hosts = service.http.hosts.size() + service.tls.hosts.size();
    entry.rules = bytes_of_rules(service);
    entry.claims = claims_of(service);
    entry.kind = service.kind;
    entry.local = service.backend.text;
    return entry;
}

void Client::Impl::tell_of_backend(const backend::ClientService& service) {
    if (service.backend.tls && !service.backend.tls->verifies()) {
        log_.warn("the certificate of a service's backend is not verified",
                  {{"service", service.name}, {"backend", service.backend.text}});
    }
    if (service.backend.tls && !service.backend.tls->exposed_key().empty()) {
        log_.warn("the private key for a service's backend is readable by every user of this machine",
                  {{"service", service.name}, {"file", service.backend.tls->exposed_key()}});
    }
}

// Offers a service for a listen operation. An error code has no room for what is wrong with a description; the log and
// the events have.
void Client::Impl::offer_or_fail(backend::ClientService service, std::vector<Problem> problems,
                                 ListenOperation* operation) {
    const std::string name = service.name;
    std::error_code error;
    try {
        offer(std::move(service), std::move(problems), true, operation);
    } catch (const config_error& problem) {
        error = errc::invalid_argument;
        tell_impossible(name, problem);
    } catch (const std::system_error& ended) {
        error = ended.code();
    }
    if (error) {
        operation->complete(error, Listener());
    }
}

void Client::Impl::tell_impossible(const std::string& service, const config_error& error) {
    log_.error("a service cannot be offered", {{"service", service}, {"why", error.what()}});
    Event event;
    event.kind = Event::Kind::refused;
    event.peer = settings_.server;
    event.service = service;
    event.error = errc::invalid_argument;
    event.text = error.what();
    worker_.post([this, event = std::move(event)] { events_.tell(event); });
}

// Called when the application has closed the handle: visitors that are there continue.
void Client::Impl::close_service(std::uint32_t id) {
    Event event;
    {
        const MutexLock lock(mutex_);
        auto found = services_.find(id);
        if (found == services_.end()) {
            return;
        }
        event.service = found->second.name;
        off_.erase(event.service);
        services_.erase(found);
        changed_.notify_all();
    }
    worker_.post([this, id, event = std::move(event)]() mutable noexcept {
        link_->remove(id);
        event.kind = Event::Kind::unregistered;
        event.peer = settings_.server;
        events_.tell(std::move(event));
    });
}

std::size_t Client::Impl::count_pending() const {
    std::size_t pending = 0;
    for (const auto& [id, entry] : services_) {
        pending += entry.state->view().state == Service::State::pending ? 1U : 0U;
    }
    return pending;
}

std::vector<ListenOperation*> Client::Impl::take_listens() {
    std::vector<ListenOperation*> listens;
    for (auto& [id, entry] : services_) {
        if (entry.waiting != nullptr) {
            listens.push_back(std::exchange(entry.waiting, nullptr));
        }
    }
    return listens;
}

void Client::Impl::abort_listens(std::vector<ListenOperation*> listens, std::error_code error) {
    for (ListenOperation* operation : listens) {
        operation->complete(error, Listener());
    }
}

void Client::Impl::close_services() {
    std::map<std::uint32_t, Entry> services;
    {
        const MutexLock lock(mutex_);
        services.swap(services_);
    }
    for (auto& [id, entry] : services) {
        entry.state->set_closed();
        if (entry.listener) {
            entry.listener->fail(errc::session_closed);
        }
    }
}

}  // namespace ferrotunnel
