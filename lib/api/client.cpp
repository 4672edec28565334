// The Client: its life, and the handle that the application holds.
#include "ferrotunnel/client.hpp"
#include "base/mutex.hpp"

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <utility>

#include "api/client_impl.hpp"
#include "api/engine_settings.hpp"
#include "api/make_facade.hpp"
#include "api/managed_services.hpp"
#include "api/tls_settings.hpp"
#include "api/traffic.hpp"
#include "ingress/udp_port.hpp"
#include "runtime/worker_executor.hpp"
#include "session/limits.hpp"
#include "session/own_clients.hpp"
#include "settings/client_proxy.hpp"

namespace ferrotunnel {

using namespace std::chrono_literals;
using detail::ListenOperation;
using detail::ServiceState;

namespace {

std::unique_ptr<runtime::WorkerGroup> make_workers(const detail::ClientSettings& settings) {
    return settings.run_on != nullptr ? std::make_unique<runtime::WorkerGroup>(*settings.run_on)
                                      : std::make_unique<runtime::WorkerGroup>(
                                            settings.workers, std::chrono::microseconds(settings.busy_poll));
}

std::shared_ptr<session::ClientShared> make_shared_part(const detail::ClientSettings& settings, Logger& log,
                                                        Random& random) {
    const std::shared_ptr<session::ClientShared> shared(new session::ClientShared, [](session::ClientShared* one) {
        session::remove_own_client(one->instance);
        delete one;
    });
    shared->server = *net::parse_host_port(settings.server, detail::default_control_port);
    shared->proxy = *detail::proxy_of(settings, shared->server);
    shared->token = detail::engine_token(settings.token);
    shared->name = settings.name;
    shared->identity = settings.identity;
    shared->instance = detail::new_instance(random);
    session::add_own_client(shared->instance);
    shared->mux = detail::mux_settings(mux::Role::client, settings);
    shared->memory = std::make_shared<trunk::MemoryGovernor>(detail::memory_of(settings));
    shared->handshake_deadline = settings.timing.handshake_timeout;
    shared->open_udp = ingress::udp_port_opener(shared->datagrams, random, log);
    shared->log = &log;
    shared->random = &random;
    shared->tls = detail::make_tls(settings);
    shared->inspector = detail::inspector_of(settings);
    return shared;
}

}  // namespace

Client::Impl::Impl(detail::ClientSettings&& settings)
    : settings_(std::move(settings)),
      log_(settings_.log_sink, settings_.log_level),
      shared_(make_shared_part(settings_, log_, random_)),
      group_(make_workers(settings_)),
      worker_(group_->at(0)),
      life_(make_intrusive<detail::OwnerLife>()),
      events_(group_->at(0).owns_thread() ? detail::CalledBy::own_thread : detail::CalledBy::whoever,
              settings_.on_event, log_, control_.events()),
      lifecycle_(*this, *group_, "Client") {
    anchor_->impl = this;
    take_managed();
    wants_place_ = settings_.replace && !settings_.identity.empty();
    detail::DeliveryQueue<Asked>::Taker taker;
    taker.take = [this](const Asked& asked) { answer_server(asked.number, asked.request); };
    taker.tell_dropped = [](std::uint64_t) {};  // the server bounds what it asks, and waits for 5 s
    manager_.emplace(detail::CalledBy::own_thread, limits::manage_requests_max, std::move(taker));
    shared_->services = std::make_shared<metrics::ServiceBook>(detail::writers_of(*group_));
    group_->on_exception(
        [this](const std::exception_ptr& thrown) { log_thrown(log_, "a completion handler has thrown", thrown); });
    // This is first in the mailbox: whatever is posted later finds the link. The link must be made on the worker, since
    // an application's io_context may be running already.
    worker_.post([this]() noexcept { make_link(); });
}

Client::Impl::~Impl() {
    {
        const MutexLock lock(anchor_->mutex);
        anchor_->impl = nullptr;
    }
    lifecycle_.end();
    manager_.reset();  // no worker runs any more that would bring something
    log_.finish();     // the sink may look at what is still here
}

void Client::Impl::make_link() {
    session::ClientLink::Settings settings;
    settings.backoff.first = settings_.timing.reconnect_first;
    settings.backoff.max = settings_.timing.reconnect_max;
    settings.attempts = static_cast<unsigned>(settings_.attempts);
    settings.refused_again = settings_.retry_refused.value_or(0ms);
    settings.replaces = wants_place();
    settings.on_manage = [this](std::uint64_t number, const wire::Manage& request) { on_manage(number, request); };
    settings.near_below = settings_.connections ? Duration::max() : limits::near_round_trip;
    for (std::size_t i = 0; i < settings_.connections.value_or(Builder::connections_default); ++i) {
        settings.trunk_workers.push_back(&group_->at(i % group_->size()));
    }
    link_ = std::make_unique<session::ClientLink>(worker_, shared_, settings,
                                                  [this](const session::LinkNotice& notice) { on_notice(notice); });
    memory_ = std::make_unique<trunk::MemoryWatch>(worker_, shared_->memory, log_);
}

void Client::Impl::take_managed() {
    managed_ = settings_.managed.empty()
                   ? nullptr
                   : std::make_shared<const exits::Destinations>(detail::managed_targets(settings_.managed));
}

void Client::Impl::on_manage(std::uint64_t number, const wire::Manage& request) {
    if (managed_.get()) {
        manager_->put({number, request}, 1);
    } else {
        link_->answer(number, detail::not_managed(request));
    }
}

void Client::Impl::start() {
    for (const std::string& warning : detail::warnings_for(settings_)) {
        log_.warn(warning);
    }
    if (settings_.replace && settings_.identity.empty()) {
        log_.warn("`replace` does nothing without an `identity`");
    }
    std::string what = "start the client";
    const std::error_code error = lifecycle_.start([this, &what] {
        if (const std::error_code refused = open_control(what)) {
            return refused;
        }
        if (const std::error_code refused = begin_visits(what)) {
            return refused;
        }
        group_->start();
        worker_.post([this]() noexcept { link_->start(); });
        return std::error_code();
    });
    if (error) {
        throw std::system_error(error, what);
    }
}

std::error_code Client::Impl::wait_ready(std::chrono::milliseconds timeout) {
    if (group_->on_a_worker() || in_callback()) {
        return errc::would_deadlock;
    }
    if (!lifecycle_.started()) {
        return errc::not_running;
    }
    ReleasableLock lock(mutex_);
    auto settled = [this]() REQUIRES(mutex_) { return stopped_ || (connected_ && count_pending() == 0); };
    if (!changed_.wait_for(lock, timeout, settled)) {
        return errc::timed_out;
    }
    if (stopped_) {
        return stop_error_ ? stop_error_ : make_error_code(errc::session_closed);
    }
    for (const auto& [id, entry] : services_) {
        ServiceState::View view = entry.state->view();
        if (view.state == Service::State::refused) {
            return view.error;
        }
    }
    return {};
}

bool Client::Impl::connected() const {
    const MutexLock lock(mutex_);
    return connected_;
}

bool Client::Impl::wants_place() const {
    const MutexLock lock(mutex_);
    return wants_place_;
}

ClientStats Client::Impl::stats() const {
    ClientStats stats;
    {
        const MutexLock lock(mutex_);
        stats.connected = connected_;
        stats.connections = connections_;
        stats.connects = connects_;
        stats.losses = losses_;
        for (const auto& [number, trunk] : trunks_) {
            if (trunk.is_open && trunk.waits_since != TimePoint{}) {
                ++stats.resume.waiting;
                stats.resume.waiting_for = std::max(stats.resume.waiting_for, detail::waited(trunk.waits_since));
            }
        }
    }
    const trunk::TrafficSums moved = shared_->book->sum();
    detail::add_resume(stats.resume, *shared_->resume_counts, moved, shared_->mux);
    stats.rtt = std::chrono::duration_cast<std::chrono::microseconds>(moved.rtt_min);
    detail::add_session(stats.traffic, moved);
    detail::add_slabs(stats.traffic, *group_);
    detail::add_memory(stats.traffic, *shared_->memory);
    stats.datagrams = detail::datagram_stats(*shared_->datagrams);
    return stats;
}

std::vector<ServiceStats> Client::Impl::service_stats() const {
    return detail::service_stats(*shared_->services);
}

std::vector<WorkerStats> Client::Impl::worker_stats() const {
    return detail::worker_stats(*group_);
}

asio::any_io_executor Client::Impl::executor() const {
    return runtime::executor_of(worker_);
}

// --- ending ---

std::error_code Client::Impl::stop(std::chrono::milliseconds drain) {
    if (!lifecycle_.started()) {
        give_up_services();
    }
    return lifecycle_.stop(drain);
}

void Client::Impl::begin_drain() {
    refuse_services();
    worker_.post([this] { link_->drain(); });
}

// The link stops when its streams have ended; a slow backend's socket may still be taking the last bytes.
bool Client::Impl::has_drained() {
    const MutexLock lock(mutex_);
    return stopped_ && shared_->traffic->visitors_now.load() == 0;
}

bool Client::Impl::has_visitors() const {
    return shared_->traffic->visitors_now.load() != 0 || shared_->book->sum().streams != 0;
}

bool Client::Impl::in_callback() const {
    return log_.here() || control_.here() || (group_->at(0).owns_thread() && events_.here());
}

void Client::Impl::cut_off() {
    refuse_services();
    auto stop_link = [this] {
        if (link_) {
            link_->stop();
        }
    };
    if (worker_.here()) {
        stop_link();
    } else {
        worker_.post(stop_link);
    }
}

void Client::Impl::take_down(bool was_started) {
    control_.close();  // first: it looks at everything
    refuse_services();
    group_->stop();
    group_->join();
    link_.reset();
    memory_.reset();
    bool untold = false;
    {
        const MutexLock lock(mutex_);
        stopped_ = true;
        connected_ = false;
        connections_ = 0;
        untold = was_started && !std::exchange(stopped_told_, true);
    }
    give_up_services();
    changed_.notify_all();
    if (untold) {  // the link had no time to end by itself
        Event event;
        event.kind = Event::Kind::stopped;
        event.peer = settings_.server;
        events_.tell(std::move(event));
    }
    events_.wait_until_told();
}

void Client::Impl::refuse_services() {
    life_->set_stopped();
    const MutexLock lock(mutex_);
    closed_ = true;
}

void Client::Impl::give_up_services() {
    std::vector<ListenOperation*> listens;
    {
        const MutexLock lock(mutex_);
        listens = take_listens();
    }
    abort_listens(std::move(listens), asio::error::operation_aborted);
    close_services();
}

// --- the facade ---

namespace detail {

Client make_client(ClientSettings&& settings) {
    return Client(std::make_unique<Client::Impl>(std::move(settings)));
}

}  // namespace detail

Client::Client() noexcept = default;
Client::Client(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        detail::keep_copy(impl_);
        impl_ = std::move(other.impl_);
    }
    return *this;
}
Client::~Client() {
    detail::keep_copy(impl_);
}

Service Client::add(Tcp service) {
    return detail::engine_of(impl_, "Client").add(std::move(service));
}

std::string Client::visit(Visit visit) {
    return detail::engine_of(impl_, "Client").visit(visit);
}

std::vector<VisitStats> Client::visits() const {
    return impl_ ? impl_->visits() : std::vector<VisitStats>();
}

Service Client::add(Tls service) {
    return detail::engine_of(impl_, "Client").add(std::move(service));
}

Service Client::add(Udp service) {
    return detail::engine_of(impl_, "Client").add(std::move(service));
}

Service Client::add(Http service) {
    return detail::engine_of(impl_, "Client").add(std::move(service));
}

Listener Client::listen(Tcp service, asio::any_io_executor executor) {
    return detail::engine_of(impl_, "Client").listen(std::move(service), std::move(executor));
}

Listener Client::listen(Http service, asio::any_io_executor executor) {
    return detail::engine_of(impl_, "Client").listen(std::move(service), std::move(executor));
}

Listener Client::listen(Tls service, asio::any_io_executor executor) {
    return detail::engine_of(impl_, "Client").listen(std::move(service), std::move(executor));
}

Service Client::listen(Udp service, DatagramHandler handler) {
    return detail::engine_of(impl_, "Client").listen(std::move(service), std::move(handler));
}

void Client::start() {
    detail::engine_of(impl_, "Client").start();
}

std::error_code Client::wait_ready(std::chrono::milliseconds timeout) {
    return impl_ ? impl_->wait_ready(timeout) : make_error_code(errc::not_running);
}

namespace {

template <typename Description>
void listen_or_fail(const std::unique_ptr<Client::Impl>& impl, Description service,
                    detail::ListenOperation* operation) noexcept {
    try {
        detail::engine_of(impl, "Client").start_listen(std::move(service), operation);
    } catch (const std::system_error& error) {
        operation->complete(error.code(), Listener());
    }
}

}  // namespace

void Client::start_listen(Tcp service, detail::ListenOperation* operation) noexcept {
    listen_or_fail(impl_, std::move(service), operation);
}

void Client::start_listen(Http service, detail::ListenOperation* operation) noexcept {
    listen_or_fail(impl_, std::move(service), operation);
}

void Client::start_listen(Tls service, detail::ListenOperation* operation) noexcept {
    listen_or_fail(impl_, std::move(service), operation);
}

std::error_code Client::stop(std::chrono::milliseconds drain) {
    return impl_ ? impl_->stop(drain) : make_error_code(errc::not_running);
}

bool Client::connected() const {
    return impl_ && impl_->connected();
}

std::string Client::control_socket() const {
    return impl_ ? impl_->control().path() : std::string();
}

std::string Client::metrics_endpoint() const {
    return impl_ ? impl_->control().metrics_endpoint() : std::string();
}

std::string Client::dashboard_endpoint() const {
    return impl_ ? impl_->control().dashboard_endpoint() : std::string();
}

std::string Client::dashboard_url() const {
    return impl_ ? impl_->control().dashboard_url() : std::string();
}

void Client::note_reload(bool applied) {
    note_reload(applied, {});
}

void Client::note_reload(bool applied, std::string_view outcome) {
    detail::engine_of(impl_, "Client").note_reload(applied, outcome);
}

void Client::on_scrape(ScrapeHandler handler) {
    detail::engine_of(impl_, "Client").control().on_scrape(std::move(handler));
}

std::string Client::metrics_text(bool open_metrics) const {
    return impl_ ? impl_->control().metrics_text(open_metrics) : std::string();
}

void Client::on_reload(ReloadHandler handler) {
    detail::engine_of(impl_, "Client").control().on_reload(std::move(handler));
}

void Client::keep_services_beside(std::string file) {
    detail::engine_of(impl_, "Client").keep_services_beside(std::move(file));
}

void Client::on_trial_left(TrialLeftHandler handler) {
    detail::engine_of(impl_, "Client").control().on_trial_left(std::move(handler));
}

void Client::on_trial(TrialHandler handler) {
    detail::engine_of(impl_, "Client").control().on_trial(std::move(handler));
}

void Client::on_compare(CompareHandler handler) {
    detail::engine_of(impl_, "Client").control().on_compare(std::move(handler));
}

void Client::on_drain(DrainHandler handler) {
    detail::engine_of(impl_, "Client").control().on_drain(std::move(handler));
}

std::vector<ServiceStats> Client::service_stats() const {
    return impl_ ? impl_->service_stats() : std::vector<ServiceStats>();
}

std::vector<WorkerStats> Client::worker_stats() const {
    return impl_ ? impl_->worker_stats() : std::vector<WorkerStats>();
}

ClientStats Client::stats() const {
    return impl_ ? impl_->stats() : ClientStats{};
}

asio::any_io_executor Client::get_executor() const {
    return detail::engine_of(impl_, "Client").executor();
}

}  // namespace ferrotunnel
