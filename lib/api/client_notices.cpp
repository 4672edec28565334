// Turns what a Client's link tells into events for the application and into the state of its services.
#include <asio/error.hpp>
#include <utility>

#include "api/client_impl.hpp"
#include "api/error_map.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel {

using detail::ListenOperation;
using detail::ServiceState;
using session::LinkNotice;

// The kind of event that tells a notice.
Event::Kind Client::Impl::kind_of(const LinkNotice& notice) {
    switch (notice.kind) {
        case LinkNotice::Kind::connected:
            return Event::Kind::connected;
        case LinkNotice::Kind::joined:
            return Event::Kind::joined;
        case LinkNotice::Kind::degraded:
            return Event::Kind::degraded;
        case LinkNotice::Kind::lost:
            return Event::Kind::lost;
        case LinkNotice::Kind::reconnecting:
            return Event::Kind::reconnecting;
        case LinkNotice::Kind::registered:
            return Event::Kind::registered;
        case LinkNotice::Kind::unreachable:
            return Event::Kind::unregistered;  // never told: see on_notice
        case LinkNotice::Kind::refused:
            return Event::Kind::refused;
        case LinkNotice::Kind::healthy:
            return Event::Kind::healthy;
        case LinkNotice::Kind::unhealthy:
            return Event::Kind::unhealthy;
        case LinkNotice::Kind::waiting:
            return Event::Kind::waiting;
        case LinkNotice::Kind::resumed:
            return Event::Kind::resumed;
        case LinkNotice::Kind::draining:
            return Event::Kind::draining;
        case LinkNotice::Kind::took_over:
            return Event::Kind::took_over;
        case LinkNotice::Kind::replaced:
            return Event::Kind::replaced;
        case LinkNotice::Kind::stopped:
            return Event::Kind::stopped;
    }
    return Event::Kind::stopped;
}

void Client::Impl::on_notice(const LinkNotice& notice) {
    Event event;
    event.kind = kind_of(notice);
    event.peer = settings_.server;
    event.text = notice.text;
    event.error = notice.service != 0 ? detail::error_of(notice.code) : detail::connection_error(notice.code);
    event.connection = notice.trunk;
    event.connections = notice.trunks;
    event.retry_in = std::chrono::duration_cast<std::chrono::milliseconds>(notice.retry_in);
    take_counts(notice);
    if (notice.kind == LinkNotice::Kind::registered) {
        on_registered(notice, event);
    } else if (notice.kind == LinkNotice::Kind::refused && notice.service != 0) {
        on_service_refused(notice, event);
    } else if (notice.kind == LinkNotice::Kind::unreachable) {
        (void)answered(notice.service, event, [](const Entry& entry) { entry.state->set_pending(); });
    } else if (is_about_health(notice) && !on_health(notice, event)) {
        return;
    }
    changed_.notify_all();
    if (notice.kind == LinkNotice::Kind::unreachable) {
        return;  // it is registered on another connection in a moment, and that is told
    }
    if (notice.service != 0 && event.service.empty()) {
        return;  // its service was taken off before the answer came, which was told
    }
    events_.tell(std::move(event));
    if (notice.kind == LinkNotice::Kind::stopped) {
        on_stopped(notice);
    }
}

// Counts, and takes in notices about the tunnel as a whole: without a connection all services are pending.
void Client::Impl::take_counts(const LinkNotice& notice) {
    const MutexLock lock(mutex_);
    connections_ = notice.trunks;
    connects_ += notice.kind == LinkNotice::Kind::connected || notice.kind == LinkNotice::Kind::joined ? 1U : 0U;
    losses_ += notice.broke ? 1U : 0U;
    const bool opens = notice.kind == LinkNotice::Kind::connected || notice.kind == LinkNotice::Kind::joined;
    const bool closes = notice.kind == LinkNotice::Kind::degraded || notice.kind == LinkNotice::Kind::lost;
    if (notice.trunk != 0 && (opens || closes)) {
        trunks_[notice.trunk] = {opens, std::chrono::system_clock::now(), closes ? notice.text : std::string()};
    }
    if (notice.kind == LinkNotice::Kind::waiting || notice.kind == LinkNotice::Kind::resumed) {
        trunks_[notice.trunk].waits_since = notice.kind == LinkNotice::Kind::waiting ? Clock::now() : TimePoint{};
    }
    if (notice.kind == LinkNotice::Kind::connected) {
        connected_ = true;
    } else if (notice.kind == LinkNotice::Kind::lost) {
        connected_ = false;
        for (const auto& [id, entry] : services_) {
            entry.state->set_pending();
        }
    } else if (notice.kind == LinkNotice::Kind::took_over) {
        wants_place_ = false;
    } else if (notice.kind == LinkNotice::Kind::stopped) {
        stopped_told_ = true;
    }
}

// Takes in the server's answer about a service: `change` is done with its entry, and whoever was waiting for the answer
// is taken out with a copy of the entry. Nothing when the service was closed meanwhile.
std::optional<Client::Impl::Entry> Client::Impl::answered(std::uint32_t service, Event& event,
                                                          const std::function<void(const Entry&)>& change) {
    const MutexLock lock(mutex_);
    auto found = services_.find(service);
    if (found == services_.end()) {
        return std::nullopt;
    }
    Entry entry = found->second;
    event.service = entry.name;
    change(entry);
    found->second.waiting = nullptr;
    return entry;
}

void Client::Impl::on_registered(const LinkNotice& notice, Event& event) {
    event.endpoint = notice.endpoint;
    auto entry = answered(notice.service, event, [&](const Entry& registered) {
        if (registered.listener) {
            registered.listener->set_registered();  // first: whoever sees the state may accept at once
        }
        registered.state->set_registered(notice.endpoint, notice.port);
    });
    if (entry && entry->waiting != nullptr) {
        asio::any_io_executor executor = entry->waiting->executor;
        entry->waiting->complete({}, Listener(std::move(entry->listener), std::move(executor)));
    }
}

void Client::Impl::on_service_refused(const LinkNotice& notice, Event& event) {
    auto entry = answered(notice.service, event,
                          [&](const Entry& refused) { refused.state->set_refused(event.error, notice.text); });
    if (!entry) {
        return;
    }
    if (entry->waiting != nullptr) {
        entry->waiting->complete(event.error, Listener());
        entry->listener->close();  // nobody holds the listener: the service goes
    } else if (entry->listener) {
        entry->listener->set_refused(event.error);
    }
}

bool Client::Impl::is_about_health(const LinkNotice& notice) {
    return notice.kind == LinkNotice::Kind::healthy || notice.kind == LinkNotice::Kind::unhealthy;
}

// False: there is nothing to tell, since the service is gone, or its backend has been healthy all along.
bool Client::Impl::on_health(const LinkNotice& notice, Event& event) {
    using Health = ServiceState::Health;
    const Health health = notice.kind == LinkNotice::Kind::healthy ? Health::healthy : Health::unhealthy;
    Health before = Health::unknown;
    {
        const MutexLock lock(mutex_);
        const auto found = services_.find(notice.service);
        if (found == services_.end()) {
            return false;
        }
        event.service = found->second.name;
        before = found->second.state->set_health(health, notice.text);
    }
    if (health == before || (health == Health::healthy && before != Health::unhealthy)) {
        return false;
    }
    if (health == Health::healthy) {
        log_.warn("a service is healthy again", {{"service", event.service}});
    } else {
        log_.warn("a service is unhealthy: it gets no new visitors",
                  {{"service", event.service}, {"why", notice.text}});
    }
    return true;
}

void Client::Impl::on_stopped(const LinkNotice& notice) {
    const std::error_code error = detail::connection_error(notice.code);
    std::vector<ListenOperation*> listens;
    {
        const MutexLock lock(mutex_);
        listens = take_listens();
        stop_error_ = error;
    }
    // The error that ends a client which was stopped here says how that continued the trunk: nothing that the
    // application must know.
    abort_listens(std::move(listens), error && !life_->stopped() ? error : asio::error::operation_aborted);
    close_services();
    const MutexLock lock(mutex_);
    connected_ = false;
    connections_ = 0;
    stopped_ = true;  // last: whoever waits for it may tear everything down
    changed_.notify_all();
    lifecycle_.look_again();
}

}  // namespace ferrotunnel
