// A Server's sessions: how they begin and end, what they tell, and what is seen of them.
#include <algorithm>
#include <map>
#include <utility>

#include "api/error_map.hpp"
#include "api/server_impl.hpp"
#include "api/traffic.hpp"
#include "base/mutex.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel {

using session::ServerNotice;
using session::ServerSession;

// --- sessions ---

void Server::Impl::on_connection(runtime::Fd socket, const runtime::SocketAddress& from) {
    const login::LoginGate::Answer answer = gate_->enter(from, Clock::now());
    tell_crowd(answer, from);
    if (!answer.ticket) {
        shared_->counters->logins_refused.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    Arrival arrival{std::move(socket), from, answer.ticket, spread_->take(from.ip())};
    runtime::Worker& worker = group_->at(arrival.seat->worker());
    if (worker.here()) {
        start_session(worker, std::move(arrival));
        return;
    }
    worker.post([this, &worker, shared = std::make_shared<Arrival>(std::move(arrival))] {
        start_session(worker, std::move(*shared));
    });
}

// Logs a crowd of connections. Strangers can cause it as often as they like, and the operator should know where they
// come from.
void Server::Impl::tell_crowd(const login::LoginGate::Answer& answer, const runtime::SocketAddress& from) {
    using Fault = login::LoginGate::Fault;
    static constexpr LineKind full{"full", limits::crowd_lines_per_second};
    static constexpr LineKind network_full{"network_full", limits::crowd_lines_per_second};
    static constexpr LineKind too_often{"too_often", limits::crowd_lines_per_second};
    const LineKind& kind = answer.fault == Fault::full           ? full
                           : answer.fault == Fault::network_full ? network_full
                                                                 : too_often;
    if (answer.fault == Fault::none || !log_.may_write(LogLevel::warn, kind, Clock::now())) {
        return;
    }
    if (answer.fault == Fault::full) {
        log_.warn(
            "the limit of connections before login is reached: of the addresses with most of them, the oldest "
            "gives way",
            {{"most", answer.network}, {"connections", answer.present}});
    } else if (answer.fault == Fault::network_full) {
        log_.warn("a network has reached its limit of connections before login; its oldest was closed",
                  {{"network", answer.network}, {"connections", answer.present}});
    } else {
        log_.warn("connection rate limit of a network exceeded; a connection was closed",
                  {{"network", answer.network}, {"peer", from.text()}});
    }
}

void Server::Impl::start_session(runtime::Worker& worker, Arrival arrival) {
    auto itself = std::make_shared<std::weak_ptr<ServerSession>>();
    ServerSession::Callbacks callbacks;
    callbacks.login_over = [ticket = arrival.ticket, seat = arrival.seat](bool welcome) mutable {
        ticket.reset();
        if (welcome) {
            seat->set_client();
        }
    };
    callbacks.ended = [this, itself, seat = arrival.seat] {
        if (SessionPtr session = itself->lock()) {
            on_session_end(session);
        }
    };
    auto session = std::make_shared<ServerSession>(worker, arrival.from, shared_, std::move(callbacks));
    *itself = session;
    arrival.ticket->on_give_way([itself = std::weak_ptr<ServerSession>(session)] {
        if (SessionPtr unproved = itself.lock()) {
            unproved->post([](ServerSession& one) { one.give_way(); });
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
        on_session_end(session);
        log_.error("out of memory: a client's connection was closed", {{"peer", arrival.from.text()}});
    }
}

void Server::Impl::on_session_end(const SessionPtr& session) {
    {
        const MutexLock lock(mutex_);
        sessions_.erase(session);
    }
    lifecycle_.look_again();
}

void Server::Impl::notify(const ServerNotice& notice) {
    Event event;
    switch (notice.kind) {
        case ServerNotice::Kind::connected: {
            event.kind = Event::Kind::connected;
            const MutexLock lock(mutex_);
            ++logins_;
            break;
        }
        case ServerNotice::Kind::joined: {
            event.kind = Event::Kind::joined;
            const MutexLock lock(mutex_);
            ++logins_;
            break;
        }
        case ServerNotice::Kind::degraded:
            event.kind = Event::Kind::degraded;
            break;
        case ServerNotice::Kind::lost:
            event.kind = Event::Kind::lost;
            break;
        case ServerNotice::Kind::registered:
            event.kind = Event::Kind::registered;
            break;
        case ServerNotice::Kind::refused:
            event.kind = Event::Kind::refused;
            break;
        case ServerNotice::Kind::ejected:
            event.kind = Event::Kind::unhealthy;
            break;
        case ServerNotice::Kind::returned:
            event.kind = Event::Kind::healthy;
            break;
        case ServerNotice::Kind::waiting:
            event.kind = Event::Kind::waiting;
            break;
        case ServerNotice::Kind::resumed:
            event.kind = Event::Kind::resumed;
            break;
    }
    event.peer = notice.peer;
    event.client = notice.client;
    event.service = notice.service;
    event.endpoint = notice.endpoint;
    event.error = detail::error_of(notice.code);
    event.text = notice.text;
    event.connection = notice.trunk;
    event.connections = static_cast<unsigned>(notice.trunks);
    events_.tell(std::move(event));
}

// A member of a group was ejected, or has come back.
void Server::Impl::tell_member(const directory::MemberNews& news) {
    static constexpr LineKind lines{"members", limits::client_lines_per_second};
    if (log_.may_write(LogLevel::warn, lines, Clock::now())) {
        const std::initializer_list<LogField> fields{
            {"member", news.member}, {"service", news.service}, {"token", news.token}, {"why", news.why}};
        if (news.ejected) {
            log_.warn("a group member was ejected for failing its visitors", fields);
        } else {
            log_.warn("a group member is back", fields);
        }
    }
    ServerNotice notice;
    notice.kind = news.ejected ? ServerNotice::Kind::ejected : ServerNotice::Kind::returned;
    notice.client = news.member;
    notice.service = news.service;
    notice.text = news.why;
    notify(notice);
}

std::vector<Server::Impl::SessionPtr> Server::Impl::sessions() const {
    const MutexLock lock(mutex_);
    return {sessions_.begin(), sessions_.end()};
}

void Server::Impl::for_each_session(void (*action)(ServerSession&)) {
    for (const SessionPtr& session : sessions()) {
        session->post(action);
    }
}

// --- looking ---

std::string Server::Impl::control_endpoint() const {
    const MutexLock lock(mutex_);
    return control_endpoint_;
}

std::string Server::Impl::http_endpoint() const {
    const MutexLock lock(mutex_);
    return http_endpoint_;
}

std::string Server::Impl::https_endpoint() const {
    const MutexLock lock(mutex_);
    return https_endpoint_;
}

std::string Server::Impl::connect_endpoint() const {
    const MutexLock lock(mutex_);
    return connect_endpoint_;
}

std::string Server::Impl::tls_pin() const {
    const MutexLock lock(mutex_);
    const std::shared_ptr<transport::TlsContext> tls = shared_->tls.get();
    return !control_endpoint_.empty() && tls ? tls->fingerprint() : std::string();
}

namespace {

/// Where each service of a tunnel stands, by endpoint and name.
using ServicePlaces = std::map<std::pair<std::string, std::string>, std::size_t>;

TunnelInfo::Service::Member::State state_of(const directory::GroupMember& member) {
    using From = directory::GroupMember::State;
    using To = TunnelInfo::Service::Member::State;
    switch (member.state()) {
        case From::takes_visitors:
            break;
        case From::standby:
            return To::standby;
        case From::unhealthy:
            return To::unhealthy;
        case From::ejected:
            return To::ejected;
        case From::draining:
            return To::draining;
        case From::waiting:
            return To::waiting;
    }
    return To::takes_visitors;
}

// Adds a service of one more trunk. `leaving`: the trunk carries it no more.
void add_service(TunnelInfo& info, ServicePlaces& places, const session::SessionView::Service& service, bool leaving) {
    const auto streams = static_cast<std::uint32_t>(service.traffic->visitors_now.load());
    const std::uint64_t visits = service.http ? 0 : service.traffic->visitors.load();
    const auto [known, is_new] = places.try_emplace({service.endpoint, service.name}, info.services.size());
    if (!is_new) {
        info.services[known->second].streams += streams;
        info.services[known->second].visits += visits;
        info.services[known->second].draining = info.services[known->second].draining && leaving;
        return;
    }
    const std::uint64_t requests = service.http ? service.http->requests() : 0;  // over all its trunks
    TunnelInfo::Service& added = info.services.emplace_back();
    added.name = service.name;
    added.endpoint = service.endpoint;
    added.streams = streams;
    added.requests = requests;
    added.visits = service.http ? requests : visits;
    if (service.http) {
        const std::vector<std::string>& hosts = service.http->description().hosts;
        added.more_hosts.assign(hosts.begin() + (hosts.empty() ? 0 : 1), hosts.end());
    }
    added.unhealthy = service.unhealthy;
    added.why_unhealthy = service.why_unhealthy;
    added.draining = leaving;
    if (service.member) {
        added.member = {service.group, state_of(*service.member), service.member->visitors(),
                        service.member->visitors_open()};
    }
    if (service.row) {
        const metrics::ServiceSums sums = service.row->sums();
        added.bytes_received = sums.received;
        added.bytes_sent = sums.sent;
        for (const metrics::TopVisitor& one : service.row->heaviest_visitors()) {
            added.top_visitors.push_back(
                {net::ip_text(one.from) + (one.from.family == 6 ? "/64" : ""), one.visits, one.bytes});
        }
    }
}

// Adds one more trunk of a tunnel.
void add_trunk(TunnelInfo& info, ServicePlaces& places, const session::SessionView& view) {
    if (info.client.empty() || view.since < info.since) {
        info.client = view.peer;
        info.agent = view.agent;
        info.token_name = view.token_name;
        info.name = view.name;
        info.since = view.since;
    }
    info.connections += view.retired ? 0U : 1U;
    if (view.waits_since != TimePoint{}) {
        ++info.waiting;
        info.waiting_for = std::max(info.waiting_for, detail::waited(view.waits_since));
    }
    for (const session::SessionView::Service& service : view.services) {
        add_service(info, places, service, false);
    }
    for (const session::SessionView::Service& service : view.leaving) {
        add_service(info, places, service, true);
    }
}

}  // namespace

std::vector<TunnelInfo> Server::Impl::tunnels() const {
    std::vector<TunnelInfo> tunnels;
    std::map<directory::ClientId, std::pair<std::size_t, ServicePlaces>> index;
    for (const SessionPtr& session : sessions()) {
        const session::SessionView view = session->view();
        if (!view.connected) {
            continue;
        }
        auto [at, is_new] = index.try_emplace(view.client, tunnels.size(), ServicePlaces());
        auto& [place, services] = at->second;
        add_trunk(is_new ? tunnels.emplace_back() : tunnels[place], services, view);
        tunnels[place].id = numbers_.of(view.client);
    }
    return tunnels;
}

std::vector<ServiceStats> Server::Impl::service_stats() const {
    return detail::service_stats(*shared_->services);
}

std::vector<WorkerStats> Server::Impl::worker_stats() const {
    return detail::worker_stats(*group_);
}

ServerStats Server::Impl::stats(const std::vector<TunnelInfo>& tunnels) const {
    ServerStats stats;
    {
        const MutexLock lock(mutex_);
        stats.logins = logins_;
        if (http_totals_) {
            stats.http = detail::http_stats(*http_totals_);
        }
    }
    const trace::SpanCounts spans = traces_.counts();
    stats.traces = {spans.sent, spans.failed, spans.dropped};
    stats.logins_refused = shared_->counters->logins_refused.load(std::memory_order_relaxed);
    stats.visitors_accepted = shared_->traffic->visitors.load(std::memory_order_relaxed);
    const directory::HoldBook::Counts holds = shared_->ports->holds();
    stats.visitors_waiting = holds.waiting;
    stats.visitors_held = holds.held;
    stats.visitors_given_up = holds.given_up;
    for (const TunnelInfo& tunnel : tunnels) {
        ++stats.clients;
        stats.connections += tunnel.connections;
        stats.services += static_cast<std::uint32_t>(std::count_if(
            tunnel.services.begin(), tunnel.services.end(), [](const auto& service) { return !service.draining; }));
        stats.resume.waiting += tunnel.waiting;
        stats.resume.waiting_for = std::max(stats.resume.waiting_for, tunnel.waiting_for);
    }
    const trunk::TrafficSums moved = shared_->book->sum();
    detail::add_session(stats.traffic, moved);
    detail::add_resume(stats.resume, *shared_->resume_counts, moved, shared_->mux);
    detail::add_slabs(stats.traffic, *group_);
    detail::add_memory(stats.traffic, *shared_->memory);
    stats.datagrams = detail::datagram_stats(*shared_->datagrams);
    return stats;
}

}  // namespace ferrotunnel
