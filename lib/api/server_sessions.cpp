#include "api/server_sessions.hpp"

#include <new>
#include <string>
#include <utility>

namespace ferrotunnel::detail {

using session::ServerSession;

ServerSessions::ServerSessions(Needs needs)
    : needs_(std::move(needs)), balancer_(std::make_shared<session::SessionBalancer>(needs_.workers.size())) {}

void ServerSessions::admit(runtime::Fd socket, const runtime::SocketAddress& from) {
    const login::LoginLimiter::Answer answer = limiter_->enter(from, Clock::now());
    log_limit_reached(answer, from);
    if (!answer.ticket) {
        needs_.shared->counters->logins_refused.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    Arrival arrival{std::move(socket), from, answer.ticket, balancer_->assign(from.ip())};
    runtime::Worker& worker = needs_.workers.at(arrival.assignment->worker());
    if (worker.here()) {
        start(worker, std::move(arrival));
        return;
    }
    worker.post(
        [this, &worker, shared = std::make_shared<Arrival>(std::move(arrival))] { start(worker, std::move(*shared)); });
}

// Logs that a limit was reached. Anyone can cause that as often as they like, and the operator should know their
// addresses.
void ServerSessions::log_limit_reached(const login::LoginLimiter::Answer& answer, const runtime::SocketAddress& from) {
    using Fault = login::LoginLimiter::Fault;
    static constexpr LogCategory full{"full", limits::limit_lines_per_second};
    static constexpr LogCategory network_full{"network_full", limits::limit_lines_per_second};
    static constexpr LogCategory too_often{"too_often", limits::limit_lines_per_second};
    const LogCategory& kind = answer.fault == Fault::full           ? full
                              : answer.fault == Fault::network_full ? network_full
                                                                    : too_often;
    if (answer.fault == Fault::none || !needs_.log.may_write(LogLevel::warn, kind, Clock::now())) {
        return;
    }
    if (answer.fault == Fault::full) {
        needs_.log.warn(
            "the limit of connections before login is reached: the oldest one of the busiest network "
            "is closed",
            {{"most", answer.network}, {"connections", answer.present}});
    } else if (answer.fault == Fault::network_full) {
        needs_.log.warn("a network has reached its limit of connections before login; its oldest was closed",
                        {{"network", answer.network}, {"connections", answer.present}});
    } else {
        needs_.log.warn("connection rate limit of a network exceeded; a connection was closed",
                        {{"network", answer.network}, {"peer", from.text()}});
    }
}

void ServerSessions::start(runtime::Worker& worker, Arrival arrival) {
    auto itself = std::make_shared<std::weak_ptr<ServerSession>>();
    ServerSession::Callbacks callbacks;
    callbacks.login_over = [ticket = arrival.ticket, assignment = arrival.assignment](bool welcome) mutable {
        ticket.reset();
        if (welcome) {
            assignment->set_client();
        }
    };
    callbacks.ended = [this, itself, assignment = arrival.assignment] {
        if (SessionPtr session = itself->lock()) {
            remove(session);
        }
    };
    auto session = std::make_shared<ServerSession>(worker, arrival.from, needs_.shared, std::move(callbacks));
    *itself = session;
    arrival.ticket->on_evict([itself = std::weak_ptr<ServerSession>(session)] {
        if (SessionPtr unproved = itself.lock()) {
            unproved->post([](ServerSession& one) { one.end_if_unauthenticated(); });
        }
    });
    {
        const MutexLock lock(mutex_);
        if (closed_) {
            return;
        }
        sessions_.insert(session);
    }
    try {
        session->start(std::move(arrival.socket));
    } catch (const std::bad_alloc&) {
        session->abandon();
        remove(session);
        needs_.log.error("out of memory: a client's connection was closed", {{"peer", arrival.from.text()}});
    }
}

void ServerSessions::remove(const SessionPtr& session) {
    {
        const MutexLock lock(mutex_);
        sessions_.erase(session);
    }
    needs_.on_end();
}

std::vector<SessionPtr> ServerSessions::all() const {
    const MutexLock lock(mutex_);
    return {sessions_.begin(), sessions_.end()};
}

bool ServerSessions::empty() const {
    const MutexLock lock(mutex_);
    return sessions_.empty();
}

SessionsByClient ServerSessions::called(const session::ClientQuery& client) const {
    SessionsByClient by_id;
    SessionsByClient by_name;
    for (const SessionPtr& session : all()) {
        const session::SessionView view = session->view();
        if (view.connected && client.allows_id() && std::to_string(numbers_.of(view.client)) == client.text) {
            by_id[view.client].push_back(session);
        } else if (view.connected && client.allows_name() && !view.name.empty() && view.name == client.text) {
            by_name[view.client].push_back(session);
        }
    }
    return by_id.empty() ? by_name : by_id;
}

void ServerSessions::for_each(void (*action)(ServerSession&)) const {
    for (const SessionPtr& session : all()) {
        session->post(action);
    }
}

void ServerSessions::announce_addresses() const {
    for_each([](ServerSession& session) {
        session.report_services([](session::ServiceReplies& replies) { replies.announce(); });
    });
}

void ServerSessions::close() {
    const MutexLock lock(mutex_);
    closed_ = true;
}

void ServerSessions::abandon() {
    std::set<SessionPtr> rest;
    {
        const MutexLock lock(mutex_);
        rest.swap(sessions_);
    }
    for (const SessionPtr& session : rest) {
        session->abandon();
    }
}

}  // namespace ferrotunnel::detail
