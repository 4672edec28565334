#include "api/server_impl.hpp"

#include <utility>

#include "api/engine_settings.hpp"
#include "api/server_shared_state.hpp"
#include "api/server_tokens.hpp"
#include "audit/limits.hpp"
#include "net/host_port.hpp"
#include "plugin/control_call.hpp"
#include "runtime/worker_executor.hpp"

namespace ferrotunnel {

using session::ServerSession;

namespace {

std::unique_ptr<runtime::WorkerGroup> make_workers(const detail::ServerSettings& settings) {
    return settings.run_on != nullptr ? std::make_unique<runtime::WorkerGroup>(*settings.run_on)
                                      : std::make_unique<runtime::WorkerGroup>(
                                            settings.workers, std::chrono::microseconds(settings.busy_poll));
}

}  // namespace

// `settings` move to their part last.
Server::Impl::Impl(detail::ServerSettings&& settings)
    : log_(settings.log_sink, settings.log_level),
      plugins_(settings.plugins, settings.client_plugins, settings.plugin_limits, log_),
      workers_(make_workers(settings)),
      shared_(detail::make_server_shared(settings, *workers_, log_, random_)),
      logs_{{shared_->audit, log_}, {workers_->size(), log_}},
      traces_(log_),
      control_(log_),
      events_(workers_->at(0).owns_thread() ? detail::CalledBy::own_thread : detail::CalledBy::whoever,
              settings.on_event, log_, control_.events()),
      lifecycle_(*this, *workers_, "Server"),
      notices_(events_, log_),
      sessions_({*workers_, shared_, log_, [this] { lifecycle_.recheck(); }}),
      shared_rights_({*workers_, shared_, sessions_, log_}),
      authentication_(detail::ServerAuthentication::make(settings, {*workers_, shared_, log_, shared_rights_})),
      clients_({sessions_, shared_->kicked, events_, log_,
                [this](const std::vector<session::KickList::Client>& clients, Duration time) {
                    shared_rights_.publish(clients, time);
                }}),
      dial_({*workers_, sessions_, *shared_, make_intrusive<detail::OwnerLife>(), shared_->mux.open_deadline}),
      carriers_(*shared_),
      connect_access_(*shared_, carriers_),
      listeners_({*workers_, shared_, log_, endpoints_, sessions_, connect_access_}),
      sharers_({carriers_, log_,
                [this](runtime::Fd socket, const runtime::SocketAddress& from) {
                    listeners_.admit(std::move(socket), from);
                }}),
      edge_({*workers_, shared_, log_, random_, listeners_, sharers_, logs_.access, traces_,
             [this] { sessions_.announce_addresses(); }}),
      cluster_({*workers_, shared_, log_, random_, listeners_, edge_, control_,
                [this] { sessions_.announce_addresses(); },
                [this] {
                    reload_.shared_tokens().read();
                    authentication_->await_tokens(false);
                }}),
      certificates_({shared_, log_, random_, edge_, sessions_}),
      state_({*workers_, shared_, log_, random_}),
      upkeep_({*workers_, shared_, log_, sessions_}),
      statistics_({*workers_, shared_, sessions_, notices_, traces_, [this] { return edge_.totals(); }}),
      handover_(
          {*workers_, shared_, log_, lifecycle_, control_, endpoints_, sessions_, listeners_, edge_, state_, cluster_}),
      reload_(std::move(settings),
              {*workers_, shared_, log_, random_, lifecycle_, sessions_, plugins_, logs_.audit, logs_.access, traces_,
               sharers_, edge_, cluster_, certificates_, state_, upkeep_, shared_rights_}) {
    workers_->on_exception([this](const std::exception_ptr& thrown) {
        log_thrown(log_, "a completion handler threw an exception", thrown);
    });
    shared_->notify = [this](const session::ServerNotice& notice) {
        const bool is_known = notice.client_id != directory::ClientId();
        notices_.notify(notice, is_known ? sessions_.number_of(notice.client_id) : 0);
    };
    shared_->find_visited = [this](const login::TokenId& visitor, const std::string& service,
                                   const std::string& token) { return carriers_.visited(visitor, service, token); };
    shared_->visited_owner = [this](const login::TokenId& visitor, const std::string& token) {
        return carriers_.visited_owner(visitor, token);
    };
    shared_->on_host_offered = [this](const std::string& host, const std::string& token_name, bool is_assigned) {
        certificates_.offered(host, token_name, is_assigned);
    };
    plugins_.on_chain([this] { authentication_->follow(plugins_.sessions()); });
    shared_->tokens.external()->on_expiring(
        [this](login::Rights::Moment expires) { upkeep_.check_expiry_at(expires); });
    shared_->tokens.external()->on_forgotten([this] { detail::forget_unknown_tokens(*shared_); });
    shared_->on_member = [this](const directory::MemberNotice& change) { notices_.notify_member(change); };
}

Server::Impl::~Impl() {
    lifecycle_.end();
    logs_.audit.stop();
    logs_.access.stop();  // no request is left that could write a line
    traces_.stop();       // nor one that has spans
    log_.finish();        // the sink may use what still exists here
}

// --- the start ---

void Server::Impl::start(std::error_code& error, std::string& what) {
    what = "start the server";
    error = lifecycle_.start(
        [&] { return reload_.start([&](const detail::ServerSettings& settings) { return open(settings, what); }); });
}

// Opens everything. Steps that can fail come first, so that it may be tried again.
std::error_code Server::Impl::open(const detail::ServerSettings& settings, std::string& what) {
    std::error_code error;
    runtime::Fd clients = listeners_.open(settings.bind, detail::Endpoint::clients, error);
    if (!clients) {
        what = "listen on " + settings.bind;
        return error;
    }
    runtime::Fd connect =
        listeners_.open_optional({"CONNECT", settings.connect_bind, detail::Endpoint::connect}, error);
    if (error) {
        what = "listen for CONNECT on " + settings.connect_bind;
        return error;
    }
    runtime::Fd members = cluster_.open(settings, error, what);
    if (error) {
        return error;
    }
    state_.open(settings);
    sharers_.set_services(settings.ssh_service, settings.silent_service);
    detail::ServerPlugins::Opening plugins(plugins_);
    if (error = plugins.make(what); error) {
        return error;
    }
    shared_->hooks = plugins_.sessions();
    if (error = logs_.audit.open(settings, what); error) {
        return error;
    }
    if (error = logs_.access.open(settings, what); error) {
        return error;
    }
    if (error = traces_.open(settings, what); error) {
        return error;
    }
    if (error = open_visitors(settings, clients, what); error) {
        return error;
    }
    if (error = cluster_.create(settings, what); error) {
        return error;
    }
    shared_rights_.watch();
    reload_.shared_tokens().watch();
    authentication_->await_tokens(settings.has_cluster && !settings.cluster.etcd.empty());
    log_warnings(settings);
    if (error = open_control(settings, what); error) {
        return error;
    }
    listeners_.announce_clients(clients);
    workers_->start();
    certificates_.start(settings);
    cluster_.start(std::move(members));
    listeners_.accept_clients(std::move(clients));
    upkeep_.start(settings.hold);
    state_.hold_ports(settings.hold);
    if (connect) {
        listeners_.accept_connect(std::move(connect), detail::proxies_of(settings));
    }
    plugins.done(edge_.front());
    logs_.audit.note_start();
    return {};
}

std::error_code Server::Impl::open_visitors(const detail::ServerSettings& settings, runtime::Fd& clients,
                                            std::string& what) {
    try {
        certificates_.open(settings);
    } catch (const std::system_error& problem) {
        what = std::string("prepare the folder for ordered certificates: ") + problem.what();
        return problem.code();
    }
    return edge_.open(settings, plugins_.hooks(), clients, what);
}

void Server::Impl::log_warnings(const detail::ServerSettings& settings) {
    for (const std::string& warning : detail::warnings_for(settings)) {
        log_.warn(warning);
    }
    const std::shared_ptr<transport::TlsContext> tls = shared_->tls.get();
    if (tls && !tls->exposed_key().empty()) {
        log_.warn("the server's private key is readable by every user of this machine", {{"file", tls->exposed_key()}});
    }
}

std::error_code Server::Impl::open_control(const detail::ServerSettings& settings, std::string& what) {
    control_.set_passed(shared_->ports->passed());
    control_.set_audit_log(shared_->audit);
    auto subject = detail::make_server_control({shared_, lifecycle_, control_, endpoints_, sessions_, statistics_,
                                                plugins_, clients_, handover_, edge_, cluster_, certificates_,
                                                reload_.tokens(), reload_.shared_tokens()});
    return control_.open(settings, "server", std::move(subject), what);
}

// --- while it runs ---

std::string Server::Impl::tls_pin() const {
    const std::shared_ptr<transport::TlsContext> tls = shared_->tls.get();
    return !endpoints_.address(detail::Endpoint::clients).empty() && tls ? tls->fingerprint() : std::string();
}

std::string Server::Impl::add_listener(Visitors visitors, const std::string& address) {
    const auto place = net::parse_host_port(address);
    const auto at = place ? runtime::SocketAddress::from_ip(*place) : std::nullopt;
    if (!at) {
        throw config_error(
            {{"address", '"' + address + "\" is not a valid address to listen on; expected one like 0.0.0.0:8080"}});
    }
    const std::string what = "listen on " + address;
    const detail::ServerReload::Change change(reload_, what.c_str());
    if (!lifecycle_.started()) {
        throw std::system_error(errc::not_running, what);
    }
    return edge_.add(visitors, *at, what);
}

bool Server::Impl::remove_listener(const std::string& address) {
    const detail::ServerReload::Change change(reload_, "remove a listener");
    return edge_.remove(address);
}

void Server::Impl::start_open(const OpenTarget& target, std::shared_ptr<detail::OpenAttempt> attempt) {
    if (!lifecycle_.started() || lifecycle_.stopping()) {
        attempt->fail(lifecycle_.started() ? errc::session_closed : errc::not_running);
        return;
    }
    dial_.start(target, std::move(attempt));
}

void Server::Impl::note_reload(bool applied, std::string_view outcome) {
    events_.deliver(control_.note_reload(applied, outcome));
    if (!applied) {  // what was applied is recorded when it is
        detail::audit_refused_reload(audit(), outcome);
    }
}

asio::any_io_executor Server::Impl::executor() const {
    return runtime::executor_of(workers_->at(0));
}

// --- the end ---

void Server::Impl::refuse_newcomers() {
    dial_.set_stopped();
    sessions_.close();
    endpoints_.drop_sockets();
}

void Server::Impl::refuse_visitors() {
    if (handover_.keeps_sockets()) {
        handover_.stop_accepting();
    }
    state_.finish();  // saves the claims as they are, before clients disconnect
    shared_->ports->stop_holding();
    listeners_.close();
    edge_.drain();
    cluster_.drain();
}

void Server::Impl::begin_drain() {
    refuse_newcomers();
    certificates_.stop();  // the orders are a successor's, which may have the same folder
    if (handover_.is_replaced()) {
        control_.await_record(audit::handover_record_time);  // of the request that this process be replaced
        logs_.audit.hand_over();
        cluster_.drain();
        cluster_.hand_over();
        handover_.begin_drain();
        return;
    }
    if (cluster_.get()) {  // while clients move to other members, their visitors are accepted and forwarded there
        state_.finish();
        listeners_.close_to_clients();
        are_clients_moving_ = true;
        sessions_.for_each([](ServerSession& session) { session.drain(ServerSession::Drain::client_moves); });
    } else {
        refuse_visitors();
        sessions_.for_each([](ServerSession& session) { session.drain(); });
    }
}

// A session ends when its streams have; a slow visitor's socket may still be receiving the last bytes.
bool Server::Impl::has_drained() {
    if (handover_.is_replaced()) {
        handover_.drain_idle();
    }
    if (are_clients_moving_ && sessions_.empty()) {
        are_clients_moving_ = false;
        refuse_visitors();
    }
    return !are_clients_moving_ && sessions_.empty() && shared_->traffic->visitors_now.load() == 0 &&
           edge_.connections() == 0 && cluster_.visitors() == 0;
}

bool Server::Impl::has_visitors() const {
    return shared_->traffic->visitors_now.load() != 0 || shared_->traffic_registry->sum().streams != 0 ||
           cluster_.visitors() != 0;
}

bool Server::Impl::in_callback() const {
    return log_.here() || plugin::ControlCall::here() || control_.here() ||
           (workers_->at(0).owns_thread() && (events_.here() || authentication_->here()));
}

void Server::Impl::cut_off() {
    are_clients_moving_ = false;
    refuse_newcomers();
    cluster_.drain();
    certificates_.stop();
    state_.finish();
    handover_.leave_kept_ports();
    shared_->ports->stop_holding();
    listeners_.cut_off();
    edge_.stop();
    sessions_.for_each([](ServerSession& session) { session.end(wire::Code::going_away, "The server is stopping."); });
}

void Server::Impl::shut_down(bool was_started) {
    dial_.set_stopped();
    control_.close();  // first: it uses all other parts
    certificates_.stop();
    shared_->ports->stop_holding();
    plugins_.end();
    reload_.wait();
    state_.close();
    workers_->stop();
    workers_->join();
    cluster_.stop();
    listeners_.shut_down();
    upkeep_.shut_down();
    edge_.close_front();
    plugins_.close();
    edge_.close_tls();
    sessions_.abandon();
    authentication_->close();
    shared_->ports->end();
    if (was_started) {
        Event stopped;
        stopped.kind = Event::Kind::stopped;
        events_.deliver(std::move(stopped));
    }
    events_.wait_until_delivered();
}

}  // namespace ferrotunnel
