// The Client: its life, and the handle that the application holds.
#include "ferrotunnel/client.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <thread>
#include <utility>

#include "ask.hpp"
#include "client_impl.hpp"
#include "engine_settings.hpp"
#include "make_facade.hpp"
#include "tls_settings.hpp"
#include "traffic.hpp"

namespace ferrotunnel {

using namespace std::chrono_literals;
using detail::ListenOperation;
using detail::ServiceState;

namespace {

/// How long an end without drain may take: the peer's goodbye, then the socket goes anyway.
constexpr auto goodbye = 3s;

std::unique_ptr<runtime::WorkerGroup> make_workers(const detail::ClientSettings& settings) {
    return settings.run_on != nullptr ? std::make_unique<runtime::WorkerGroup>(*settings.run_on)
                                      : std::make_unique<runtime::WorkerGroup>(settings.workers);
}

std::shared_ptr<tunnel::ClientShared> make_shared_part(const detail::ClientSettings& settings, Logger& log,
                                                       Random& random) {
    auto shared = std::make_shared<tunnel::ClientShared>();
    shared->server = *runtime::parse_host_port(settings.server, detail::default_control_port);
    shared->token = detail::engine_token(settings.token);
    shared->name = settings.name;
    shared->instance = detail::new_instance(random);
    shared->mux = detail::mux_settings(mux::Role::client, settings.timing);
    shared->handshake_deadline = settings.timing.handshake_timeout;
    shared->log = &log;
    shared->random = &random;
    shared->tls = detail::make_tls(settings);
    return shared;
}

}  // namespace

Client::Impl::Impl(detail::ClientSettings&& settings)
    : settings_(std::move(settings)),
      log_(settings_.log_sink, settings_.log_level),
      shared_(make_shared_part(settings_, log_, random_)),
      group_(make_workers(settings_)),
      worker_(group_->at(0)),
      life_(make_intrusive<detail::OwnerLife>()) {
    anchor_->impl = this;
    // First in the mailbox: whatever is posted later finds the link. It must be made on the worker, since an
    // application's io_context may be running already.
    worker_.post([this] { make_link(); });
}

Client::Impl::~Impl() {
    {
        std::lock_guard lock(anchor_->mutex);
        anchor_->impl = nullptr;
    }
    // Inside an application's io_context this is its thread, or nobody runs it: there is nothing to wait for.
    (void)(settings_.run_on != nullptr ? stop_here() : stop(0ms));
    tear_down();
}

void Client::Impl::make_link() {
    tunnel::ClientLink::Settings settings;
    settings.backoff.first = settings_.timing.reconnect_first;
    settings.backoff.max = settings_.timing.reconnect_max;
    settings.attempts = settings_.attempts;
    settings.near_below = settings_.connections_by_distance ? limits::near_round_trip : Duration::max();
    for (std::size_t i = 0; i < settings_.connections; ++i) {
        settings.trunk_workers.push_back(&group_->at(i % group_->size()));
    }
    link_ = std::make_unique<tunnel::ClientLink>(worker_, shared_, settings,
                                                 [this](const tunnel::LinkNotice& notice) { on_notice(notice); });
}

void Client::Impl::start() {
    for (const std::string& warning : detail::warnings_for(settings_)) {
        log_.warn(warning);
    }
    std::lock_guard lock(mutex_);  // all of it: another thread may stop what was half started
    if (std::exchange(started_, true)) {
        throw std::system_error(errc::already_running, "start the client");
    }
    group_->start();
    worker_.post([this] { link_->start(); });
}

std::error_code Client::Impl::wait_ready(std::chrono::milliseconds timeout) {
    if (on_own_thread()) {
        return errc::would_deadlock;
    }
    std::unique_lock lock(mutex_);
    if (!started_) {
        return errc::not_running;
    }
    auto settled = [this] { return stopped_ || (connected_ && count_pending() == 0); };
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
    std::lock_guard lock(mutex_);
    return connected_;
}

ClientStats Client::Impl::stats() const {
    ClientStats stats;
    {
        std::lock_guard lock(mutex_);
        stats.connected = connected_;
        stats.connections = connections_;
        stats.connects = connects_;
        stats.losses = losses_;
        if (!started_ || torn_down_) {
            return stats;
        }
    }
    const tunnel::ClientLink* link = detail::ask(worker_, [this] { return link_.get(); }).value_or(nullptr);
    for (std::size_t i = 0; link != nullptr && i < settings_.connections; ++i) {
        auto session = detail::ask(group_->at(i % group_->size()), [link, i] { return link->trunk(i).stats(); });
        if (!session) {
            continue;
        }
        auto rtt = std::chrono::duration_cast<std::chrono::microseconds>(session->rtt_min);
        if (rtt > rtt.zero()) {
            stats.rtt = stats.rtt > rtt.zero() ? std::min(stats.rtt, rtt) : rtt;
        }
        detail::add_session(stats.traffic, *session);
    }
    detail::add_slabs(stats.traffic, *group_);
    return stats;
}

asio::any_io_executor Client::Impl::executor() const {
    return worker_.io().get_executor();
}

// --- ending ---

std::error_code Client::Impl::stop(std::chrono::milliseconds drain) {
    drain = std::clamp(drain, 0ms, detail::drain_max);
    auto until = std::chrono::steady_clock::now() + drain;
    if (on_own_thread()) {
        return settings_.run_on == nullptr || drain > 0ms ? make_error_code(errc::would_deadlock) : stop_here();
    }
    std::unique_lock lock(mutex_);
    if (!started_) {
        std::vector<ListenOperation*> listens = take_listens();
        lock.unlock();
        abort_listens(std::move(listens), asio::error::operation_aborted);
        close_services();
        return {};
    }
    if (ender_ == std::this_thread::get_id()) {  // a handler of `stopped`
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
        // With run_on, its thread may be doing the last of it.
        changed_.wait_for(lock, goodbye, [this] { return over_; });
    } else {
        // Somebody else is at it, and heeds the earlier time.
        changed_.wait_until(lock, until + 2 * goodbye, [this] { return over_; });
    }
    const bool finished = over_ && (!cut_ || drain == 0ms);
    return finished ? std::error_code() : make_error_code(errc::timed_out);
}

// The work of stop(): of one thread, once.
void Client::Impl::end_all() {
    life_->set_stopped();
    worker_.post([this] { link_->drain(); });
    {
        std::unique_lock lock(mutex_);
        // The link stops when its streams have ended; a slow backend's socket may still be taking the last bytes.
        auto ended = [this] { return stopped_ && shared_->traffic->visitors_now.load() == 0; };
        while (!ended() && std::chrono::steady_clock::now() < stop_until_) {
            changed_.wait_until(lock, std::min(stop_until_, std::chrono::steady_clock::now() + 10ms));
        }
        const bool cuts = !ended();
        cut_ = cut_ || cuts;
        if (cuts) {
            worker_.post([this] { link_->stop(); });
            changed_.wait_for(lock, goodbye, [this] { return stopped_; });
        }
    }
    detail::on_its_thread(worker_, [this] { tear_down(); });
}

// Inside an application's io_context, where nobody else can do the work. Called by one of our own handlers, whatever
// called that is still on the stack: then everything is taken down a little later.
std::error_code Client::Impl::stop_here() {
    bool started = false;
    {
        std::lock_guard lock(mutex_);
        if (torn_down_) {
            return {};
        }
        // By another thread, which waits for visitors, they are cut now.
        cut_ = cut_ || (stopping_ && shared_->traffic->visitors_now.load() != 0);
        stopping_ = true;
        started = started_;
    }
    life_->set_stopped();
    const bool by_handler = worker_.here();
    worker_.as_round([this, started] {
        if (link_ && started && !link_->stopped()) {
            link_->stop();
        }
    });
    if (!by_handler) {
        tear_down();
    } else {
        worker_.post([this] { tear_down(); });
    }
    return {};
}

void Client::Impl::tear_down() {
    {
        std::lock_guard lock(mutex_);
        if (std::exchange(torn_down_, true)) {
            return;
        }
        stopped_ = true;
    }
    life_->set_stopped();
    group_->stop();
    group_->join();
    link_.reset();
    std::vector<ListenOperation*> listens;
    bool untold = false;
    {
        std::lock_guard lock(mutex_);
        listens = take_listens();
        untold = started_ && !std::exchange(stopped_told_, true);
    }
    abort_listens(std::move(listens), asio::error::operation_aborted);
    close_services();
    changed_.notify_all();
    if (untold) {  // the link had no time to end by itself
        Event event;
        event.kind = Event::Kind::stopped;
        event.peer = settings_.server;
        emit(settings_.on_event, event, log_);
    }
    std::lock_guard lock(mutex_);
    over_ = true;
    changed_.notify_all();
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
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Service Client::add(Tcp service) {
    return detail::engine_of(impl_, "Client").add(std::move(service));
}

Service Client::add(Tls service) {
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

ClientStats Client::stats() const {
    return impl_ ? impl_->stats() : ClientStats{};
}

asio::any_io_executor Client::get_executor() const {
    return detail::engine_of(impl_, "Client").executor();
}

}  // namespace ferrotunnel
