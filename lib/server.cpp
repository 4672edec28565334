// The Server: its life, and the handle that the application holds.
#include "ferrotunnel/server.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <thread>
#include <utility>

#include "ask.hpp"
#include "engine_settings.hpp"
#include "ingress/tcp_port.hpp"
#include "make_facade.hpp"
#include "open_attempt.hpp"
#include "server_impl.hpp"
#include "tls_settings.hpp"

namespace ferrotunnel {

using namespace std::chrono_literals;
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

}  // namespace

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
    shared_->handshake_deadline = settings_.timing.handshake_timeout;
    shared_->tls = detail::make_tls(settings_);
    shared_->tcp_bind = *runtime::SocketAddress::from_ip(settings_.tcp_bind, 0);
    shared_->public_host = settings_.public_host.empty() ? settings_.tcp_bind : settings_.public_host;
    shared_->open_port = ingress::tcp_port_opener(proxies(), log_);
    shared_->domain = settings_.domain;
    shared_->http_bounds = detail::http_bounds(settings_.http);
    tunnel::HttpDirectory::Settings directory;
    directory.seed = random_.next();
    shared_->http = std::make_shared<tunnel::HttpDirectory>(directory);
    shared_->notify = [this](const ServerNotice& notice) { notify(notice); };
    shared_->log = &log_;
    shared_->random = &random_;
}

Server::Impl::~Impl() {
    // Inside an application's io_context this is its thread, or nobody runs it: there is nothing to wait for.
    (void)(settings_.run_on != nullptr ? stop_here() : stop(0ms));
    tear_down();
    if (started_) {
        tell_stopped();  // where what stop_here() has posted did not get its turn
    }
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
    keep_claims();
    if (error = open_http(what); error) {
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

// Before anybody may claim something.
void Server::Impl::keep_claims() {
    if (!settings_.state_dir.empty() && !claims_) {
        claims_ = std::make_unique<tunnel::ClaimKeeper>(tunnel::ClaimKeeper::Settings{.directory = settings_.state_dir},
                                                        shared_->registry, shared_->http, shared_->tokens, log_);
    }
}

asio::any_io_executor Server::Impl::executor() const {
    return group_->at(0).io().get_executor();
}

// --- ending ---

std::error_code Server::Impl::stop(std::chrono::milliseconds drain) {
    drain = std::clamp(drain, 0ms, detail::drain_max);
    auto until = std::chrono::steady_clock::now() + drain;
    if (group_->on_a_worker()) {
        return settings_.run_on == nullptr || drain > 0ms ? make_error_code(errc::would_deadlock) : stop_here();
    }
    std::unique_lock lock(mutex_);
    if (!started_ || ender_ == std::this_thread::get_id()) {  // the latter: a handler of `stopped`
        return {};
    }
    stop_until_ = std::min(stop_until_, until);
    changed_.notify_all();
    if (!std::exchange(stopping_, true)) {
        ender_ = std::this_thread::get_id();
        lock.unlock();
        end_all();
        lock.lock();
        ender_ = {};
    } else {
        // Somebody else is at it, and heeds the earlier time. It is waited for, since what goes is not looked at twice.
        changed_.wait_until(lock, until + 2 * goodbye, [this] { return over_; });
    }
    const bool finished = over_ && (!cut_ || drain == 0ms);
    return finished ? std::error_code() : make_error_code(errc::timed_out);
}

// The work of stop(): of one thread, once.
void Server::Impl::end_all() {
    life_->set_stopped();
    if (claims_) {
        claims_->finish();  // as they are, before everybody leaves
    }
    close_acceptor();
    if (http_) {
        http_->drain();
    }
    for_each_session([](ServerSession& session) { session.drain(); });
    cut_ = !wait_for_end(stop_until_);
    if (http_) {
        http_->stop();
    }
    for_each_session([](ServerSession& session) { session.end(wire::Code::going_away, "The server is stopping."); });
    wait_for_end(std::chrono::steady_clock::now() + goodbye);
    detail::on_its_thread(group_->at(0), [this] { tear_down(); });
    tell_stopped();
}

// Inside an application's io_context, where nobody else can do the work. Called by one of our own handlers, whatever
// called that is still on the stack: then everything is taken down a little later.
std::error_code Server::Impl::stop_here() {
    {
        std::lock_guard lock(mutex_);
        if (!started_ || torn_down_) {
            return {};
        }
        if (std::exchange(stopping_, true)) {  // by another thread, which is told not to wait any longer
            stop_until_ = std::min(stop_until_, std::chrono::steady_clock::now());
            changed_.notify_all();
            return {};
        }
    }
    life_->set_stopped();
    if (claims_) {
        claims_->finish();
    }
    runtime::Worker& worker = group_->at(0);
    const bool by_handler = worker.here();
    worker.as_round([this] {
        if (acceptor_) {
            acceptor_->close();
        }
        if (http_) {
            http_->stop();
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
    {
        std::lock_guard event_lock(event_mutex_);
        emit(settings_.on_event, stopped, log_);
    }
    std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
}

// A session ends when its streams have; a slow visitor's socket may still be taking the last bytes. Under the lock,
// `until` may come nearer meanwhile.
bool Server::Impl::wait_for_end(const std::chrono::steady_clock::time_point& until) {
    auto ended = [this] {
        return sessions_.empty() && shared_->traffic->visitors_now.load() == 0 && (!http_ || http_->connections() == 0);
    };
    std::unique_lock lock(mutex_);
    while (!ended() && std::chrono::steady_clock::now() < until) {
        changed_.wait_until(lock, std::min(until, std::chrono::steady_clock::now() + 10ms));
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
    claims_.reset();
    group_->stop();
    group_->join();
    acceptor_.reset();
    http_.reset();
    certificates_.reset();
    std::set<SessionPtr> rest;
    {
        std::lock_guard lock(mutex_);
        rest.swap(sessions_);
    }
    for (const SessionPtr& session : rest) {
        session->abandon();
    }
    shared_->ports->end();
}

// --- the facade ---

namespace detail {

Server make_server(ServerSettings&& settings) {
    return Server(std::make_unique<Server::Impl>(std::move(settings)));
}

}  // namespace detail

Server::Server() noexcept = default;
Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

void Server::start() {
    std::error_code error;
    std::string what;
    detail::engine_of(impl_, "Server").start(error, what);
    if (error) {
        throw std::system_error(error, what);
    }
}

void Server::start(std::error_code& ec) {
    std::string what;
    ec.clear();
    detail::engine_of(impl_, "Server").start(ec, what);
}

std::string Server::control_endpoint() const {
    return impl_ ? impl_->control_endpoint() : std::string();
}

std::string Server::http_endpoint() const {
    return impl_ ? impl_->http_endpoint() : std::string();
}

std::string Server::https_endpoint() const {
    return impl_ ? impl_->https_endpoint() : std::string();
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

void Server::start_open(OpenTarget target, std::shared_ptr<detail::OpenAttempt> attempt) noexcept {
    if (!impl_) {
        attempt->fail(errc::not_running);
        return;
    }
    impl_->start_open(target, std::move(attempt));
}

std::error_code Server::stop(std::chrono::milliseconds drain) {
    return impl_ ? impl_->stop(drain) : make_error_code(errc::not_running);
}

asio::any_io_executor Server::get_executor() const {
    return detail::engine_of(impl_, "Server").executor();
}

}  // namespace ferrotunnel
