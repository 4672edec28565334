// The Server: its life, and the handle that the application holds.
#include "ferrotunnel/server.hpp"
#include "base/mutex.hpp"

#include <algorithm>
#include <asio/io_context.hpp>
#include <new>
#include <system_error>
#include <utility>

#include "api/engine_settings.hpp"
#include "api/make_facade.hpp"
#include "api/open_attempt.hpp"
#include "api/server_impl.hpp"
#include "api/server_tokens.hpp"
#include "api/service_numbers.hpp"
#include "api/tls_settings.hpp"
#include "ingress/tcp_port.hpp"
#include "ingress/udp_port.hpp"
#include "plugin/control_call.hpp"
#include "runtime/timer.hpp"
#include "runtime/worker_executor.hpp"

namespace ferrotunnel {

using session::ServerNotice;
using session::ServerSession;

namespace {

// Their clients are back by then, or have other ports.
constexpr std::chrono::seconds passed_sockets_kept_for{10};

}  // namespace

Server::Impl::Impl(detail::ServerSettings&& settings)
    : settings_(std::move(settings)),
      log_(settings_.log_sink, settings_.log_level),
      shared_(std::make_shared<session::ServerShared>()),
      group_(settings_.run_on != nullptr ? std::make_unique<runtime::WorkerGroup>(*settings_.run_on)
                                         : std::make_unique<runtime::WorkerGroup>(
                                               settings_.workers, std::chrono::microseconds(settings_.busy_poll))),
      events_(group_->at(0).owns_thread() ? detail::CalledBy::own_thread : detail::CalledBy::whoever,
              settings_.on_event, log_, control_.events()),
      lifecycle_(*this, *group_, "Server") {
    group_->on_exception(
        [this](const std::exception_ptr& thrown) { log_thrown(log_, "a completion handler has thrown", thrown); });
    const login::AcceptedTokens tokens = detail::accepted_tokens(settings_, shared_->tokens.get(), random_);
    shared_->tokens = tokens;
    take_service_tokens();
    shared_->services = std::make_shared<metrics::ServiceBook>(detail::writers_of(*group_));
    const directory::Registry::Settings bounds = detail::quotas_of(settings_);
    shared_->registry = std::make_shared<directory::Registry>(bounds);
    shared_->ports = std::make_shared<directory::PortTable>(
        directory::PortTable::Most{bounds.claims_per_session_max, bounds.ports_per_token_max});
    shared_->ports->set_hold(settings_.hold, &log_);
    shared_->guesses = std::make_shared<login::GuessGate>();
    shared_->instance = detail::new_instance(random_);
    shared_->mux = detail::mux_settings(mux::Role::server, settings_);
    shared_->memory = std::make_shared<trunk::MemoryGovernor>(detail::memory_of(settings_), tokens->size());
    shared_->handshake_deadline = settings_.timing.handshake_timeout;
    shared_->tls = detail::make_tls(settings_);
    take_named();
    shared_->tcp_bind = *runtime::SocketAddress::from_ip(settings_.tcp_bind, 0);
    shared_->public_host = settings_.public_host.empty() ? settings_.tcp_bind : settings_.public_host;
    shared_->open_port = ingress::tcp_port_opener(proxies(), log_);
    shared_->open_udp = ingress::udp_port_opener(shared_->datagrams, random_, log_);
    shared_->domain = settings_.domain;
    shared_->http_bounds = detail::http_bounds(settings_.http);
    directory::HttpDirectory::Settings directory;
    directory.seed = random_.next();
    shared_->http = std::make_shared<directory::HttpDirectory>(directory);
    const auto rules = std::make_shared<const directory::RightRules>(*tokens, shared_->domain);
    shared_->registry->set_rules(rules);
    shared_->http->set_rules(rules);
    shared_->notify = [this](const ServerNotice& notice) { notify(notice); };
    shared_->find_visited = [this](const login::TokenId& visitor, const std::string& service,
                                   const std::string& token) { return carrier_visited(visitor, service, token); };
    shared_->on_member = [this](const directory::MemberNews& news) { tell_member(news); };
    shared_->log = &log_;
    shared_->random = &random_;
}

Server::Impl::~Impl() {
    lifecycle_.end();
    access_log_.stop();  // no request is left that could write a line
    traces_.stop();      // nor one that has spans
    log_.finish();       // the sink may look at what is still here
}

void Server::Impl::start(std::error_code& error, std::string& what) {
    what = "start the server";
    error = lifecycle_.start([&] {
        const MutexLock lock(apply_mutex_);
        return open(what);
    });
}

// Opens everything. What can fail comes first, so that it may be tried again.
std::error_code Server::Impl::open(std::string& what) {
    std::error_code error;
    runtime::Fd listener = listen_at(settings_.bind, "clients", error);
    if (!listener) {
        what = "listen on " + settings_.bind;
        return error;
    }
    runtime::Fd connect = listen_for("CONNECT", "connect", settings_.connect_bind, true, error);
    if (error) {
        what = "listen for CONNECT on " + settings_.connect_bind;
        return error;
    }
    keep_claims();
    open_sticky_key();
    detail::ServerPlugins::Opening plugins(plugins_);
    if (error = plugins.make(what); error) {
        return error;
    }
    shared_->hooks = plugins_.sessions();
    if (error = open_access_log(what); error) {
        return error;
    }
    if (error = open_traces(what); error) {
        return error;
    }
    if (error = open_http(listener, what); error) {
        return error;
    }
    for (const std::string& warning : detail::warnings_for(settings_)) {
        log_.warn(warning);
    }
    const std::shared_ptr<transport::TlsContext> tls = shared_->tls.get();
    if (tls && !tls->exposed_key().empty()) {
        log_.warn("the server's private key is readable by every user of this machine", {{"file", tls->exposed_key()}});
    }
    if (error = open_control(what); error) {
        return error;
    }
    listen_for_clients(std::move(listener));
    hold_known_ports();
    if (connect) {
        listen_for_connect(std::move(connect));
    }
    plugins.done(http_.get());
    return {};
}

// Reserves the port: it is the server's own from now on, and `endpoint` says it to whoever asks.
runtime::SocketAddress Server::Impl::listening_at(const runtime::Fd& listener, std::string Impl::*endpoint) {
    const runtime::SocketAddress at = runtime::local_address(listener.get());
    shared_->registry->reserve(at.port());
    const char* const name = endpoint == &Impl::control_endpoint_ ? "clients"
                             : endpoint == &Impl::http_endpoint_  ? "http"
                             : endpoint == &Impl::https_endpoint_ ? "https"
                                                                  : "connect";
    const MutexLock lock(mutex_);
    this->*endpoint = at.text();
    own_sockets_.push_back({runtime::copy_of(listener.get()), name});
    return at;
}

void Server::Impl::listen_for_clients(runtime::Fd listener) {
    if (listener) {
        (void)listening_at(listener, &Impl::control_endpoint_);
    }
    log_.info("listening for clients", {{"at", control_endpoint()}, {"tls", shared_->tls.get() != nullptr}});
    group_->start();
    auto socket = std::make_shared<runtime::Fd>(std::move(listener));
    // By value: a reload may change the settings before the worker comes to this.
    group_->at(0).post([this, socket, hold = settings_.hold]() noexcept {
        runtime::Acceptor::Handlers handlers;
        handlers.on_accept = [this](runtime::Fd accepted, const runtime::SocketAddress& from) {
            on_connection(std::move(accepted), from);
        };
        handlers.on_accept_error = [this](std::error_code why) {
            log_.error("accepting a client failed; trying again", {{"why", why.message()}});
        };
        if (*socket) {  // else they come to a port of the edge
            acceptor_ = std::make_unique<runtime::Acceptor>(group_->at(0), std::move(*socket), std::move(handlers));
        }
        unused_timer_ =
            std::make_unique<runtime::Timer>(group_->at(0), [ports = shared_->ports] { ports->passed()->clear(); });
        unused_timer_->set_after(std::max<Duration>(hold, passed_sockets_kept_for));
        memory_ = std::make_unique<trunk::MemoryWatch>(group_->at(0), shared_->memory, log_);
        expiry_ = std::make_unique<session::ExpiryWatch>(group_->at(0), shared_->registry, [this] {
            for_each_session([](ServerSession& session) { session.end_if_expired(); });
        });
    });
}

// Makes the keeper of the claims, before anybody may claim something.
void Server::Impl::keep_claims() {
    if (!settings_.state_dir.empty() && !claims_) {
        directory::ClaimKeeper::Settings keeping{.directory = settings_.state_dir};
        keeping.addresses = [this] { return shared_->ports->addresses_beside(shared_->tcp_bind); };
        claims_ = std::make_unique<directory::ClaimKeeper>(std::move(keeping), shared_->registry, shared_->http,
                                                           shared_->tokens.get(), log_);
        name_claims();
    }
}

void Server::Impl::open_sticky_key() {
    if (shared_->sticky_key) {
        return;
    }
    std::string problem;
    shared_->sticky_key = std::make_shared<const directory::StickyKey>(
        directory::load_or_make_sticky_key(settings_.state_dir, random_, problem));
    if (!problem.empty() && !settings_.state_dir.empty()) {
        log_.warn("visitors of groups with `sticky: cookie` lose their members when the server restarts",
                  {{"why", problem}});
    }
}

// Opens the ports that are known from before at once, each of TCP on a worker: visitors wait there for their clients,
// who are on their way. A client that is faster has its port already. How datagrams are to be read the client says, so
// those wait in the kernel, as where a socket was passed on.
void Server::Impl::hold_known_ports() {
    if (!claims_ || settings_.hold == settings_.hold.zero()) {
        return;
    }
    const login::AcceptedTokens tokens = shared_->tokens.get();
    const std::shared_ptr<const directory::RightRules> rules = shared_->registry->rules();
    std::size_t count = 0;
    for (const directory::ClaimRecord::Port& port : claims_->ports_from_before()) {
        const auto token = std::ranges::find_if(*tokens, [&](const auto& one) { return one.token.id == port.owner; });
        std::optional<runtime::SocketAddress> at =
            port.address.empty() ? shared_->tcp_bind : runtime::SocketAddress::from_ip(port.address, 0);
        if (token == tokens->end() || !at || rules->refuse_port(port.owner, port.port, token->ports) ||
            count == limits::ports_held_at_start_max) {
            continue;
        }
        at->set_port(port.port);
        ++count;
        if (port.transport == directory::Transport::udp) {
            (void)shared_->ports->passed()->keep_datagrams(*at);
            continue;
        }
        runtime::Worker& worker = group_->at(count % group_->size());
        worker.post([shared = shared_, &worker, owner = port.owner, at = *at] {
            (void)shared->ports->hold_known(owner, at, worker, shared->open_port);
        });
    }
    if (count != 0) {
        log_.info("saved ports are open; visitors wait for their clients", {{"ports", count}});
    }
}

asio::any_io_executor Server::Impl::executor() const {
    return runtime::executor_of(group_->at(0));
}

// --- ending ---

std::error_code Server::Impl::stop(std::chrono::milliseconds drain) {
    return lifecycle_.stop(drain);
}

void Server::Impl::begin_drain() {
    life_->set_stopped();
    {
        const MutexLock lock(mutex_);
        closed_ = true;
        own_sockets_.clear();
    }
    if (handed_over_) {
        begin_handover();
        return;
    }
    if (sockets_are_kept_) {
        leave_newcomers();
    }
    if (claims_) {
        claims_->finish();  // keeps the claims as they are, before everybody leaves
    }
    shared_->ports->stop_holding();
    (void)close_mail_->post(*group_->at(0).mailbox(), this);
    if (http_) {
        http_->drain();
    }
    for_each_session([](ServerSession& session) { session.drain(); });
}

// A session ends when its streams have; a slow visitor's socket may still be taking the last bytes.
bool Server::Impl::has_drained() {
    if (handed_over_) {
        drain_handed_over();
    }
    const MutexLock lock(mutex_);
    return sessions_.empty() && shared_->traffic->visitors_now.load() == 0 && (!http_ || http_->connections() == 0);
}

bool Server::Impl::has_visitors() const {
    return shared_->traffic->visitors_now.load() != 0 || shared_->book->sum().streams != 0;
}

bool Server::Impl::in_callback() const {
    return log_.here() || plugin::ControlCall::here() || control_.here() ||
           (group_->at(0).owns_thread() && events_.here());
}

void Server::Impl::cut_off() {
    life_->set_stopped();
    {
        const MutexLock lock(mutex_);
        closed_ = true;
        own_sockets_.clear();
    }
    if (claims_) {
        claims_->finish();
    }
    if (sockets_are_kept_) {
        shared_->ports->hand_over();
    }
    shared_->ports->stop_holding();
    if (group_->at(0).here() && acceptor_) {
        acceptor_->close();
        connect_.reset();
    }
    if (http_) {
        http_->stop();
    }
    for_each_session([](ServerSession& session) { session.end(wire::Code::going_away, "The server is stopping."); });
}

void Server::Impl::take_down(bool was_started) {
    life_->set_stopped();
    control_.close();  // first: it looks at everything
    shared_->ports->stop_holding();
    plugins_.end();
    {
        const MutexLock lock(apply_mutex_);  // behind the last change
        claims_.reset();
    }
    group_->stop();
    group_->join();
    acceptor_.reset();
    connect_.reset();
    memory_.reset();
    expiry_.reset();
    unused_timer_.reset();
    http_.reset();
    plugins_.close();
    certificates_.reset();
    std::set<SessionPtr> rest;
    {
        const MutexLock lock(mutex_);
        rest.swap(sessions_);
    }
    for (const SessionPtr& session : rest) {
        session->abandon();
    }
    shared_->ports->end();
    if (was_started) {
        Event stopped;
        stopped.kind = Event::Kind::stopped;
        events_.tell(std::move(stopped));
    }
    events_.wait_until_told();
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
Server& Server::operator=(Server&& other) noexcept {
    if (this != &other) {
        detail::keep_copy(impl_);
        impl_ = std::move(other.impl_);
    }
    return *this;
}
Server::~Server() {
    detail::keep_copy(impl_);
}

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

std::string Server::connect_endpoint() const {
    return impl_ ? impl_->connect_endpoint() : std::string();
}

std::string Server::tls_pin() const {
    return impl_ ? impl_->tls_pin() : std::string();
}

std::vector<TunnelInfo> Server::tunnels() const {
    return impl_ ? impl_->tunnels() : std::vector<TunnelInfo>();
}

std::vector<PluginInfo> Server::plugins() const {
    return impl_ ? impl_->plugins() : std::vector<PluginInfo>();
}

std::vector<ServiceStats> Server::service_stats() const {
    return impl_ ? impl_->service_stats() : std::vector<ServiceStats>();
}

std::vector<WorkerStats> Server::worker_stats() const {
    return impl_ ? impl_->worker_stats() : std::vector<WorkerStats>();
}

ServerStats Server::stats() const {
    return impl_ ? impl_->stats() : ServerStats{};
}

std::string Server::control_socket() const {
    return impl_ ? impl_->control().path() : std::string();
}

std::string Server::metrics_endpoint() const {
    return impl_ ? impl_->control().metrics_endpoint() : std::string();
}

std::string Server::dashboard_endpoint() const {
    return impl_ ? impl_->control().dashboard_endpoint() : std::string();
}

std::string Server::dashboard_url() const {
    return impl_ ? impl_->control().dashboard_url() : std::string();
}

void Server::note_reload(bool applied) {
    note_reload(applied, {});
}

void Server::note_reload(bool applied, std::string_view outcome) {
    detail::engine_of(impl_, "Server").note_reload(applied, outcome);
}

void Server::on_scrape(ScrapeHandler handler) {
    detail::engine_of(impl_, "Server").control().on_scrape(std::move(handler));
}

std::string Server::metrics_text(bool open_metrics) const {
    return impl_ ? impl_->control().metrics_text(open_metrics) : std::string();
}

void Server::on_reload(ReloadHandler handler) {
    detail::engine_of(impl_, "Server").control().on_reload(std::move(handler));
}

void Server::on_trial_left(TrialLeftHandler handler) {
    detail::engine_of(impl_, "Server").control().on_trial_left(std::move(handler));
}

void Server::on_trial(TrialHandler handler) {
    detail::engine_of(impl_, "Server").control().on_trial(std::move(handler));
}

void Server::on_compare(CompareHandler handler) {
    detail::engine_of(impl_, "Server").control().on_compare(std::move(handler));
}

void Server::on_drain(DrainHandler handler) {
    detail::engine_of(impl_, "Server").control().on_drain(std::move(handler));
}

std::size_t Server::kick(const std::string& client) {
    return kick(client, std::chrono::milliseconds::zero());
}

std::size_t Server::kick(const std::string& client, std::chrono::milliseconds keep_out) {
    const auto kicked = detail::engine_of(impl_, "Server").kick(client, keep_out);
    if (!kicked) {
        throw std::system_error(errc::busy, "As many clients are kept out as may be");
    }
    return std::max(kicked->ended, kicked->kept_out);
}

void Server::start_open(OpenTarget target, std::shared_ptr<detail::OpenAttempt> attempt) noexcept {
    if (!impl_) {
        attempt->fail(errc::not_running);
        return;
    }
    try {
        impl_->start_open(target, attempt);
    } catch (const std::bad_alloc&) {
        attempt->fail(std::make_error_code(std::errc::not_enough_memory));
    }
}

std::error_code Server::stop(std::chrono::milliseconds drain) {
    return impl_ ? impl_->stop(drain) : make_error_code(errc::not_running);
}

asio::any_io_executor Server::get_executor() const {
    return detail::engine_of(impl_, "Server").executor();
}

}  // namespace ferrotunnel
