// The Server: an accept loop on the first worker, sessions spread over all of them, one registry.
//
// Threads: each session lives on its worker; the list of all sessions is kept here under a mutex that is never held
// while user code runs.
#include "ferrotunnel/server.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <condition_variable>
#include <mutex>
#include <set>
#include <utility>

#include "ask.hpp"
#include "engine_settings.hpp"
#include "error_map.hpp"
#include "ingress/tcp_port.hpp"
#include "make_facade.hpp"
#include "owner_life.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/system_random.hpp"
#include "runtime/worker_group.hpp"
#include "sink_logger.hpp"
#include "stream_core.hpp"
#include "tunnel/admission_gate.hpp"
#include "tunnel/server_session.hpp"

namespace ferrotunnel {

using namespace std::chrono_literals;
using detail::OpenOperation;
using tunnel::ServerNotice;
using tunnel::ServerSession;

namespace {

/// How long an end without drain may take: the peers' goodbyes, then the sockets go anyway.
constexpr auto goodbye = 3s;

tunnel::AcceptedTokens accepted_tokens(const detail::ServerSettings& settings) {
    tunnel::PortPolicy ports;
    if (settings.allow_ports) {
        ports = tunnel::PortPolicy::parse(*settings.allow_ports).value();
    }
    auto tokens = std::make_shared<std::vector<tunnel::AcceptedToken>>();
    for (const detail::NamedToken& token : settings.tokens) {
        tokens->push_back({token.name, detail::engine_token(token.secret), ports});
    }
    return tokens;
}

std::shared_ptr<transport::TlsContext> make_tls(const detail::ServerSettings& settings) {
    if (settings.tls_off) {
        return nullptr;
    }
    transport::TlsServerSettings tls;
    tls.certificate_file = settings.tls_chain;
    tls.key_file = settings.tls_key;
    tls.state_directory = settings.state_dir;
    try {
        return transport::TlsContext::make_server(tls);
    } catch (const transport::TlsConfigError& problem) {
        throw config_error(
            std::vector<Problem>{{settings.tls_chain.empty() ? "state_dir" : "tls_certificate", problem.what()}});
    }
}

/// An OpenOperation that is completed whatever happens to the worker it was sent to.
class PendingOpen {
public:
    explicit PendingOpen(OpenOperation* operation) : operation_(operation) {}
    PendingOpen(PendingOpen&& other) noexcept : operation_(std::exchange(other.operation_, nullptr)) {}
    PendingOpen& operator=(PendingOpen&&) = delete;
    ~PendingOpen() { fail(errc::session_closed); }

    OpenOperation* take() noexcept { return std::exchange(operation_, nullptr); }
    void fail(std::error_code error) noexcept {
        if (OpenOperation* operation = take()) {
            operation->complete(error, Stream());
        }
    }

private:
    OpenOperation* operation_;
};

}  // namespace

class Server::Impl {
public:
    explicit Impl(detail::ServerSettings&& settings);
    ~Impl();

    void start(std::error_code& error, std::string& what);
    std::string control_endpoint() const;
    std::string tls_pin() const;
    std::vector<TunnelInfo> tunnels() const;
    ServerStats stats() const;
    void start_open(const std::string& service, OpenOperation* operation);
    std::error_code stop(std::chrono::milliseconds drain);
    asio::any_io_executor executor() const { return group_->at(0).io().get_executor(); }

private:
    using SessionPtr = std::shared_ptr<ServerSession>;

    void on_connection(runtime::Fd socket, const runtime::SocketAddress& from);
    void start_session(runtime::Worker& worker, runtime::Fd socket, const runtime::SocketAddress& from,
                       std::shared_ptr<tunnel::AdmissionGate::Ticket> ticket);
    void on_session_end(const SessionPtr& session);
    void notify(const ServerNotice& notice);
    std::vector<SessionPtr> sessions() const;
    void for_each_session(void (*action)(ServerSession&));
    std::pair<SessionPtr, std::uint32_t> find_service(const std::string& name) const;
    void close_acceptor();
    std::error_code stop_here();
    void tear_down();
    void tell_stopped();
    bool wait_for_end(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point until);

    const detail::ServerSettings settings_;
    runtime::SystemRandom random_;
    detail::SinkLogger log_;
    const std::shared_ptr<tunnel::ServerShared> shared_;
    const std::shared_ptr<tunnel::AdmissionGate> gate_ = std::make_shared<tunnel::AdmissionGate>();
    const std::unique_ptr<runtime::WorkerGroup> group_;
    const IntrusivePtr<detail::OwnerLife> life_ = make_intrusive<detail::OwnerLife>();
    std::unique_ptr<runtime::Acceptor> acceptor_;  // the first worker's

    std::mutex event_mutex_;  // one event at a time
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::set<SessionPtr> sessions_;
    mux::SessionStats past_;  // sums over sessions that have ended
    std::uint64_t logins_ = 0;
    std::string control_endpoint_;
    bool started_ = false;
    bool stopping_ = false;
    bool torn_down_ = false;
    bool stopped_told_ = false;
    std::optional<std::chrono::steady_clock::time_point> stop_until_;
};

Server::Impl::Impl(detail::ServerSettings&& settings)
    : settings_(std::move(settings)),
      log_(settings_.log_sink, settings_.log_level),
      shared_(std::make_shared<tunnel::ServerShared>()),
      group_(settings_.run_on != nullptr ? std::make_unique<runtime::WorkerGroup>(*settings_.run_on)
                                         : std::make_unique<runtime::WorkerGroup>(settings_.workers)) {
    shared_->registry = std::make_shared<tunnel::Registry>();
    shared_->tokens = accepted_tokens(settings_);
    shared_->instance = detail::new_instance(random_);
    shared_->mux = detail::mux_settings(mux::Role::server, settings_.timing);
    shared_->handshake_deadline = settings_.timing.handshake_deadline;
    shared_->tls = make_tls(settings_);
    shared_->tcp_bind = *runtime::SocketAddress::from_ip(settings_.tcp_bind, 0);
    shared_->public_host = settings_.public_host.empty() ? settings_.tcp_bind : settings_.public_host;
    shared_->open_port = ingress::open_tcp_port;
    shared_->notify = [this](const ServerNotice& notice) { notify(notice); };
    shared_->log = &log_;
    shared_->random = &random_;
}

Server::Impl::~Impl() {
    // Inside an application's io_context this is its thread, or nobody runs it: there is nothing to wait for.
    (void)(settings_.run_on != nullptr ? stop_here() : stop(0ms));
    tear_down();
}

void Server::Impl::start(std::error_code& error, std::string& what) {
    std::lock_guard lock(mutex_);
    if (started_) {
        error = errc::already_running;
        what = "start the server";
        return;
    }
    runtime::Fd listener =
        runtime::listen_on(*runtime::SocketAddress::from_ip(*runtime::parse_host_port(settings_.bind)), error);
    if (!listener) {
        what = "listen on " + settings_.bind;
        return;
    }
    started_ = true;
    control_endpoint_ = runtime::local_address(listener.get()).text();
    for (const std::string& warning : detail::warnings_for(settings_)) {
        log_.warn(warning);
    }
    log_.info("listening for clients", {{"at", control_endpoint_}, {"tls", shared_->tls != nullptr}});
    group_->start();
    auto socket = std::make_shared<runtime::Fd>(std::move(listener));
    group_->at(0).post([this, socket] {
        runtime::Acceptor::Handlers handlers;
        handlers.on_accept = [this](runtime::Fd accepted, const runtime::SocketAddress& from) {
            on_connection(std::move(accepted), from);
        };
        handlers.on_accept_error = [this](std::error_code why) {
            log_.error("accepting a client failed; trying again", {{"why", why.message()}});
        };
        acceptor_ = std::make_unique<runtime::Acceptor>(group_->at(0), std::move(*socket), std::move(handlers));
    });
}

// --- sessions ---

void Server::Impl::on_connection(runtime::Fd socket, const runtime::SocketAddress& from) {
    auto ticket = gate_->enter(tunnel::network_of(from));
    if (!ticket) {
        shared_->counters->logins_refused.fetch_add(1, std::memory_order_relaxed);
        log_.debug("too many connections without a login; one more was closed", {{"peer", from.text()}});
        return;
    }
    runtime::Worker& worker = group_->next();
    if (worker.here()) {
        start_session(worker, std::move(socket), from, std::move(ticket));
        return;
    }
    auto shared_socket = std::make_shared<runtime::Fd>(std::move(socket));
    worker.post([this, &worker, shared_socket, from, ticket = std::move(ticket)] {
        start_session(worker, std::move(*shared_socket), from, ticket);
    });
}

void Server::Impl::start_session(runtime::Worker& worker, runtime::Fd socket, const runtime::SocketAddress& from,
                                 std::shared_ptr<tunnel::AdmissionGate::Ticket> ticket) {
    auto itself = std::make_shared<std::weak_ptr<ServerSession>>();
    ServerSession::Callbacks callbacks;
    callbacks.login_over = [ticket = std::move(ticket)]() mutable { ticket.reset(); };
    callbacks.ended = [this, itself] {
        if (SessionPtr session = itself->lock()) {
            on_session_end(session);
        }
    };
    auto session = std::make_shared<ServerSession>(worker, from, shared_, std::move(callbacks));
    *itself = session;
    {
        std::lock_guard lock(mutex_);
        if (stopping_) {
            return;
        }
        sessions_.insert(session);
    }
    session->start(std::move(socket));
}

void Server::Impl::on_session_end(const SessionPtr& session) {
    mux::SessionStats last = session->stats();
    std::lock_guard lock(mutex_);
    past_.payload_received += last.payload_received;
    past_.payload_sent += last.payload_sent;
    past_.bytes_copied += last.bytes_copied;
    past_.streams_opened += last.streams_opened;
    past_.streams_refused += last.streams_refused;
    sessions_.erase(session);
    changed_.notify_all();
}

void Server::Impl::notify(const ServerNotice& notice) {
    Event event;
    switch (notice.kind) {
        case ServerNotice::Kind::connected: {
            event.kind = Event::Kind::connected;
            std::lock_guard lock(mutex_);
            ++logins_;
            break;
        }
        case ServerNotice::Kind::lost:
            event.kind = Event::Kind::lost;
            break;
        case ServerNotice::Kind::registered:
            event.kind = Event::Kind::registered;
            break;
        case ServerNotice::Kind::refused:
            event.kind = Event::Kind::refused;
            break;
    }
    event.peer = notice.peer;
    event.service = notice.service;
    event.endpoint = notice.endpoint;
    event.error = detail::error_of(notice.code);
    event.text = notice.text;
    std::lock_guard lock(event_mutex_);
    emit(settings_.on_event, event, log_);
}

std::vector<Server::Impl::SessionPtr> Server::Impl::sessions() const {
    std::lock_guard lock(mutex_);
    return {sessions_.begin(), sessions_.end()};
}

void Server::Impl::for_each_session(void (*action)(ServerSession&)) {
    for (const SessionPtr& session : sessions()) {
        session->post(action);
    }
}

// --- looking ---

std::string Server::Impl::control_endpoint() const {
    std::lock_guard lock(mutex_);
    return control_endpoint_;
}

std::string Server::Impl::tls_pin() const {
    std::lock_guard lock(mutex_);
    return started_ && shared_->tls ? shared_->tls->fingerprint() : std::string();
}

std::vector<TunnelInfo> Server::Impl::tunnels() const {
    std::vector<TunnelInfo> tunnels;
    for (const SessionPtr& session : sessions()) {
        tunnel::SessionView view = session->view();
        if (!view.connected) {
            continue;
        }
        TunnelInfo& info = tunnels.emplace_back();
        info.client = view.peer;
        info.agent = view.agent;
        info.token_name = view.token_name;
        info.since = view.since;
        for (const tunnel::SessionView::Service& service : view.services) {
            info.services.push_back(
                {service.name, service.endpoint, static_cast<std::uint32_t>(service.traffic->visitors_now.load())});
        }
    }
    return tunnels;
}

ServerStats Server::Impl::stats() const {
    ServerStats stats;
    {
        std::lock_guard lock(mutex_);
        stats.logins = logins_;
        stats.traffic.bytes_received = past_.payload_received;
        stats.traffic.bytes_sent = past_.payload_sent;
        stats.traffic.bytes_copied = past_.bytes_copied;
        stats.traffic.streams_opened = past_.streams_opened;
        stats.traffic.streams_refused = past_.streams_refused;
        if (torn_down_) {
            return stats;
        }
    }
    stats.logins_refused = shared_->counters->logins_refused.load(std::memory_order_relaxed);
    stats.visitors_accepted = shared_->traffic->visitors.load(std::memory_order_relaxed);
    for (const SessionPtr& session : sessions()) {
        tunnel::SessionView view = session->view();
        stats.clients += view.connected ? 1U : 0U;
        stats.services += static_cast<std::uint32_t>(view.services.size());
        auto now = detail::ask(session->worker(), [session] { return session->stats(); });
        if (now) {
            stats.traffic.bytes_received += now->payload_received;
            stats.traffic.bytes_sent += now->payload_sent;
            stats.traffic.bytes_copied += now->bytes_copied;
            stats.traffic.streams_opened += now->streams_opened;
            stats.traffic.streams_refused += now->streams_refused;
            stats.traffic.streams += now->streams;
            stats.traffic.bytes_held += now->bytes_held;
        }
    }
    for (std::size_t i = 0; i < group_->size(); ++i) {
        stats.traffic.slabs_in_use += group_->at(i).slabs().in_use();
    }
    return stats;
}

// --- dialling through a tunnel ---

std::pair<Server::Impl::SessionPtr, std::uint32_t> Server::Impl::find_service(const std::string& name) const {
    for (const SessionPtr& session : sessions()) {
        for (const tunnel::SessionView::Service& service : session->view().services) {
            if (service.name == name || service.endpoint == name || ":" + std::to_string(service.port) == name) {
                return {session, service.id};
            }
        }
    }
    return {nullptr, 0};
}

void Server::Impl::start_open(const std::string& service, OpenOperation* operation) {
    PendingOpen pending(operation);
    {
        std::lock_guard lock(mutex_);
        if (!started_ || stopping_) {
            pending.fail(started_ ? errc::session_closed : errc::not_running);
            return;
        }
    }
    auto [session, id] = find_service(service);
    if (!session) {
        pending.fail(errc::unknown_service);
        return;
    }
    auto dial = [this, id = id, pending = std::make_shared<PendingOpen>(std::move(pending))](ServerSession& at) {
        auto core = make_intrusive<detail::StreamCore>(wire::Address{}, life_, nullptr);
        auto stream = at.open_stream(id, core, true);
        if (!stream) {
            pending->fail(detail::error_of(stream.error()));
            return;
        }
        core->bind(std::move(*stream));
        core->start_open(pending->take());
    };
    session->post(std::move(dial));
}

// --- ending ---

std::error_code Server::Impl::stop(std::chrono::milliseconds drain) {
    auto until = std::chrono::steady_clock::now() + drain;
    if (group_->on_a_worker()) {
        return settings_.run_on == nullptr || drain > 0ms ? make_error_code(errc::would_deadlock) : stop_here();
    }
    std::unique_lock lock(mutex_);
    if (!started_ || torn_down_) {
        return {};
    }
    stop_until_ = stop_until_ ? std::min(*stop_until_, until) : until;
    changed_.notify_all();
    if (!std::exchange(stopping_, true)) {
        life_->set_stopped();
        lock.unlock();
        close_acceptor();
        for_each_session([](ServerSession& session) { session.drain(); });
        lock.lock();
    }
    bool finished = wait_for_end(lock, *stop_until_) || drain == 0ms;
    lock.unlock();
    for_each_session([](ServerSession& session) { session.end(wire::Code::going_away, "The server is stopping."); });
    lock.lock();
    stop_until_ = std::chrono::steady_clock::now() + goodbye;
    wait_for_end(lock, *stop_until_);
    lock.unlock();
    detail::on_its_thread(group_->at(0), [this] { tear_down(); });
    tell_stopped();
    return finished ? std::error_code() : make_error_code(errc::timed_out);
}

// Inside an application's io_context, where nobody else can do the work. Called by one of our own handlers, whatever
// called that is still on the stack: then everything is taken down a little later.
std::error_code Server::Impl::stop_here() {
    {
        std::lock_guard lock(mutex_);
        if (!started_ || torn_down_ || std::exchange(stopping_, true)) {
            return {};
        }
    }
    life_->set_stopped();
    runtime::Worker& worker = group_->at(0);
    const bool by_handler = worker.here();
    worker.as_round([this] {
        if (acceptor_) {
            acceptor_->close();
        }
        for (const SessionPtr& session : sessions()) {
            session->end(wire::Code::going_away, "The server is stopping.");
        }
    });
    auto finish = [this] {
        tear_down();
        tell_stopped();
    };
    if (!by_handler) {
        finish();
    } else {
        worker.post(finish);
    }
    return {};
}

void Server::Impl::tell_stopped() {
    {
        std::lock_guard lock(mutex_);
        if (std::exchange(stopped_told_, true)) {
            return;
        }
    }
    Event stopped;
    stopped.kind = Event::Kind::stopped;
    std::lock_guard event_lock(event_mutex_);
    emit(settings_.on_event, stopped, log_);
}

// A session ends when its streams have; a slow visitor's socket may still be taking the last bytes.
bool Server::Impl::wait_for_end(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point until) {
    auto ended = [this] { return sessions_.empty() && shared_->traffic->visitors_now.load() == 0; };
    while (!ended() && std::chrono::steady_clock::now() < until) {
        changed_.wait_until(lock, std::min(until, std::chrono::steady_clock::now() + 10ms));
        until = std::min(until, *stop_until_);
    }
    return ended();
}

void Server::Impl::close_acceptor() {
    if (group_->at(0).here()) {
        acceptor_.reset();
        return;
    }
    group_->at(0).post([this] { acceptor_.reset(); });
}

void Server::Impl::tear_down() {
    {
        std::lock_guard lock(mutex_);
        if (std::exchange(torn_down_, true)) {
            return;
        }
    }
    life_->set_stopped();
    group_->stop();
    group_->join();
    acceptor_.reset();
    std::set<SessionPtr> rest;
    {
        std::lock_guard lock(mutex_);
        rest.swap(sessions_);
    }
    for (const SessionPtr& session : rest) {
        session->abandon();
    }
}

// --- the facade ---

namespace detail {

Server make_server(ServerSettings&& settings) {
    return Server(std::make_unique<Server::Impl>(std::move(settings)));
}

}  // namespace detail

namespace {

template <typename Pointer>
auto& running(const Pointer& impl) {
    if (!impl) {
        throw std::system_error(errc::not_running, "this Server is empty");
    }
    return *impl;
}

}  // namespace

Server::Server() noexcept = default;
Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

void Server::start() {
    std::error_code error;
    std::string what;
    running(impl_).start(error, what);
    if (error) {
        throw std::system_error(error, what);
    }
}

void Server::start(std::error_code& ec) {
    std::string what;
    ec.clear();
    running(impl_).start(ec, what);
}

std::string Server::control_endpoint() const {
    return impl_ ? impl_->control_endpoint() : std::string();
}

std::string Server::tls_pin() const {
    return impl_ ? impl_->tls_pin() : std::string();
}

std::vector<TunnelInfo> Server::tunnels() const {
    return impl_ ? impl_->tunnels() : std::vector<TunnelInfo>();
}

ServerStats Server::stats() const {
    return impl_ ? impl_->stats() : ServerStats{};
}

void Server::start_open(std::string service, detail::OpenOperation* operation) noexcept {
    if (!impl_) {
        operation->complete(errc::not_running, Stream());
        return;
    }
    impl_->start_open(service, operation);
}

std::error_code Server::stop(std::chrono::milliseconds drain) {
    return impl_ ? impl_->stop(drain) : make_error_code(errc::not_running);
}

asio::any_io_executor Server::get_executor() const {
    return running(impl_).executor();
}

}  // namespace ferrotunnel
