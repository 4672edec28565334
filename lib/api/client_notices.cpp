#include "api/client_notices.hpp"

#include <asio/error.hpp>
#include <chrono>
#include <utility>

#include "api/error_map.hpp"
#include "login/rights.hpp"

namespace ferrotunnel::detail {

using session::LinkNotice;

namespace {

// The kind of event for a notice.
Event::Kind event_kind_of(const LinkNotice& notice) {
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
            return Event::Kind::unregistered;  // never reported: see receive()
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

bool is_about_health(const LinkNotice& notice) {
    return notice.kind == LinkNotice::Kind::healthy || notice.kind == LinkNotice::Kind::unhealthy;
}

}  // namespace

void ClientNotices::receive(const LinkNotice& notice) {
    Event event;
    event.kind = event_kind_of(notice);
    event.peer = notice.server.empty() ? needs_.server : notice.server;
    event.text = notice.text;
    event.error = notice.service != 0 ? error_of(notice.code) : connection_error(notice.code);
    event.connection = notice.trunk;
    event.connections = notice.trunks;
    event.retry_in = std::chrono::duration_cast<std::chrono::milliseconds>(notice.retry_in);
    record(notice);
    if (notice.kind == LinkNotice::Kind::registered) {
        on_registered(notice, event);
    } else if (notice.kind == LinkNotice::Kind::refused && notice.service != 0) {
        on_refused(notice, event);
    } else if (notice.kind == LinkNotice::Kind::unreachable) {
        (void)answered(notice.service, event, [](const ServiceEntry& entry) { entry.state->set_pending(); });
    } else if (is_about_health(notice) && !on_health(notice, event)) {
        return;
    }
    needs_.state.changed.notify_all();
    if (notice.kind == LinkNotice::Kind::unreachable) {
        return;  // the service will be registered on another connection, which is reported
    }
    if (notice.service != 0 && event.service.empty()) {
        return;  // its service was removed before the answer arrived, which was reported
    }
    needs_.events.deliver(std::move(event));
    if (notice.kind == LinkNotice::Kind::stopped) {
        on_stopped(notice);
    }
}

// Without a connection all services are pending.
void ClientNotices::record(const LinkNotice& notice) {
    const MutexLock lock(needs_.state.mutex);
    needs_.state.status.record(notice);
    if (notice.kind == LinkNotice::Kind::lost) {
        needs_.state.services.set_pending();
    }
}

// Handles the server's answer about a service: calls `change` with its entry, and returns a copy of the entry, after
// taking out the operation that waited for the answer. Empty if the service was closed meanwhile.
std::optional<ServiceEntry> ClientNotices::answered(std::uint32_t service, Event& event,
                                                    const std::function<void(const ServiceEntry&)>& change) {
    const MutexLock lock(needs_.state.mutex);
    ServiceEntry* const found = needs_.state.services.find(service);
    if (found == nullptr) {
        return std::nullopt;
    }
    ServiceEntry entry = *found;
    event.service = entry.name;
    event.service_kind = login::name_of(entry.kind);
    change(entry);
    found->waiting = nullptr;
    return entry;
}

void ClientNotices::on_registered(const LinkNotice& notice, Event& event) {
    event.endpoint = notice.endpoint;
    if (!notice.text.empty()) {
        event.text = "Visitors cannot reach it at all servers of the cluster. Not at: " + notice.text;
    }
    auto entry = answered(notice.service, event, [&](const ServiceEntry& registered) {
        if (registered.listener) {
            registered.listener->set_registered();  // first: a reader of the state may accept at once
        }
        registered.state->set_registered(notice.endpoint, notice.port, notice.text);
    });
    if (entry && entry->waiting != nullptr) {
        asio::any_io_executor executor = entry->waiting->executor;
        entry->waiting->complete({}, Listener(std::move(entry->listener), std::move(executor)));
    }
}

void ClientNotices::on_refused(const LinkNotice& notice, Event& event) {
    auto entry = answered(notice.service, event,
                          [&](const ServiceEntry& refused) { refused.state->set_refused(event.error, notice.text); });
    if (!entry) {
        return;
    }
    if (entry->waiting != nullptr) {
        entry->waiting->complete(event.error, Listener());
        entry->listener->close();  // the listener has no owner: the service is removed
    } else if (entry->listener) {
        entry->listener->set_refused(event.error);
    }
}

// False if there is nothing to report: the service was removed, or its backend was healthy before.
bool ClientNotices::on_health(const LinkNotice& notice, Event& event) {
    using Health = ServiceState::Health;
    const Health health = notice.kind == LinkNotice::Kind::healthy ? Health::healthy : Health::unhealthy;
    Health before = Health::unknown;
    {
        const MutexLock lock(needs_.state.mutex);
        ServiceEntry* const found = needs_.state.services.find(notice.service);
        if (found == nullptr) {
            return false;
        }
        event.service = found->name;
        event.service_kind = login::name_of(found->kind);
        before = found->state->set_health(health, notice.text);
    }
    if (health == before || (health == Health::healthy && before != Health::unhealthy)) {
        return false;
    }
    if (health == Health::healthy) {
        needs_.log.warn("a service is healthy again", {{"service", event.service}});
    } else {
        needs_.log.warn("a service is unhealthy: it gets no new visitors",
                        {{"service", event.service}, {"why", notice.text}});
    }
    return true;
}

void ClientNotices::on_stopped(const LinkNotice& notice) {
    const std::error_code error = connection_error(notice.code);
    {
        const MutexLock lock(needs_.state.mutex);
        needs_.state.status.set_error(error);
        needs_.state.status.close();  // without an error, too: end() would lose operations that arrive while it runs
    }
    // After stop(), the error only describes how the trunk closed; the application gets operation_aborted instead.
    needs_.offers.end(error && !needs_.life->stopped() ? error : asio::error::operation_aborted);
    const MutexLock lock(needs_.state.mutex);
    (void)needs_.state.status.stop();  // last: a waiting thread may destroy everything
    needs_.state.changed.notify_all();
    needs_.stopped();
}

}  // namespace ferrotunnel::detail
