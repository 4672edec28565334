#include "api/client_impl.hpp"

#include <asio/error.hpp>
#include <chrono>
#include <utility>

#include "api/engine_settings.hpp"
#include "api/managed_services.hpp"
#include "api/server_access.hpp"
#include "api/statistics.hpp"
#include "api/tls_settings.hpp"
#include "ingress/udp_port.hpp"
#include "runtime/worker_executor.hpp"
#include "session/limits.hpp"
#include "session/own_clients.hpp"
#include "settings/client.hpp"

namespace ferrotunnel {

using namespace std::chrono_literals;
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
    shared->servers = detail::places_of(settings.servers);
    shared->known_servers = detail::places_of(settings.known_servers);
    shared->token = detail::engine_token(settings.token);
    shared->name = settings.name;
    shared->identity = settings.identity;
    shared->metadata = settings.metadata;
    shared->instance = detail::new_instance(random);
    session::add_own_client(shared->instance);
    shared->mux = detail::mux_settings(mux::Role::client, settings);
    shared->memory = std::make_shared<trunk::MemoryGovernor>(detail::memory_of(settings));
    shared->handshake_deadline = settings.timing.handshake_timeout;
    shared->open_udp = ingress::udp_port_opener(shared->datagrams, random, log);
    shared->log = &log;
    shared->random = &random;
    shared->tls = detail::make_tls(settings);
    shared->access = detail::server_access(settings, shared->tls);
    shared->inspector = detail::inspector_of(settings);
    return shared;
}

}  // namespace

Client::Impl::Impl(detail::ClientSettings&& settings)
    : settings_(std::move(settings)),
      log_(settings_.log_sink, settings_.log_level),
      shared_(make_shared_part(settings_, log_, random_)),
      group_(make_workers(settings_)),
      life_(make_intrusive<detail::OwnerLife>()),
      link_(group_->at(0)),
      state_({[this](const std::string& name, std::uint32_t id) { return offers_.new_state(name, id); },
              [this](const std::string& name, wire::ServiceKind kind) {
                  return shared_->services->row({name, {}, std::string(login::name_of(kind))});
              }},
             settings_.replace && !settings_.identity.empty(), settings_.replace),
      events_(group_->at(0).owns_thread() ? detail::CalledBy::own_thread : detail::CalledBy::whoever,
              settings_.on_event, log_, control_.events()),
      offers_({state_, link_, events_, log_, shared_, life_, settings_.servers.front()}),
      visits_({state_, link_, log_}),
      managed_({link_, log_,
                [this](const wire::Manage& request, const exits::Destinations& targets) {
                    return answer_managed(request, targets);
                }}),
      reload_({settings_, state_, link_, offers_, visits_, events_, log_,
               [this] { managed_.set_targets(settings_.managed); }}),
      statistics_({state_, shared_, *group_}),
      notices_({state_, offers_, events_, log_, life_, settings_.servers.front(), [this] { lifecycle_.recheck(); }}),
      lifecycle_(*this, *group_, "Client") {
    managed_.set_targets(settings_.managed);
    state_.status.set_known_servers(shared_->known_servers);
    shared_->services = std::make_shared<metrics::ServiceCounters>(detail::writers_of(*group_));
    group_->on_exception([this](const std::exception_ptr& thrown) {
        log_thrown(log_, "a completion handler threw an exception", thrown);
    });
    link_.make([this] { return make_link(); });
}

Client::Impl::~Impl() {
    offers_.detach();
    lifecycle_.end();
    managed_.stop();  // no worker runs any more that could bring a request
    log_.finish();    // the sink may use what still exists here
}

// Called on the link's worker.
std::unique_ptr<session::ClientLink> Client::Impl::make_link() {
    session::ClientLink::Settings settings;
    settings.backoff.first = settings_.timing.reconnect_first;
    settings.backoff.max = settings_.timing.reconnect_max;
    settings.attempts = static_cast<unsigned>(settings_.attempts);
    settings.retry_refused_after = settings_.retry_refused.value_or(0ms);
    settings.replaces = settings_.replace && !settings_.identity.empty();
    settings.on_manage = [this](std::uint64_t number, const wire::Manage& request) {
        managed_.receive(number, request);
    };
    settings.redundancy = static_cast<unsigned>(settings_.redundancy);
    settings.on_servers = [this](const std::vector<net::HostPort>& servers) {
        const MutexLock lock(state_.mutex);
        state_.status.set_known_servers(servers);
    };
    settings.near_threshold = settings_.connections ? Duration::max() : limits::near_round_trip;
    for (std::size_t i = 0; i < settings_.redundancy * settings_.connections.value_or(Builder::connections_default);
         ++i) {
        settings.trunk_workers.push_back(&group_->at(i % group_->size()));
    }
    memory_ = std::make_unique<trunk::MemoryWatch>(link_.worker(), shared_->memory, log_);
    return std::make_unique<session::ClientLink>(
        link_.worker(), shared_, settings, [this](const session::LinkNotice& notice) { notices_.receive(notice); });
}

detail::ClientControl::Needs Client::Impl::subject_needs() {
    return {settings_, state_, link_, shared_, offers_, reload_, visits_, statistics_, control_, log_, [this] {
                return lifecycle_.stopping();
            }};
}

wire::Managed Client::Impl::answer_managed(const wire::Manage& request, const exits::Destinations& targets) {
    detail::ClientControl subject(subject_needs());
    return detail::answer_of_managed(request, subject, targets, subject.keeps(), log_);
}

void Client::Impl::keep_services_beside(std::string file) {
    const MutexLock lock(state_.mutex);
    state_.kept_beside = std::move(file);
}

void Client::Impl::start(std::error_code& error, std::string& what) {
    for (const std::string& warning : detail::warnings_for(settings_)) {
        log_.warn(warning);
    }
    if (settings_.replace && settings_.identity.empty()) {
        log_.warn("`replace` does nothing without an `identity`");
    }
    what = "start the client";
    error = lifecycle_.start([this, &what] {
        auto subject = std::make_unique<detail::ClientControl>(subject_needs());
        if (const std::error_code refused =
                control_.open(settings_, "client", std::move(subject), what, settings_.replace)) {
            return refused;
        }
        if (const std::error_code refused = visits_.begin(settings_.visits, what)) {
            return refused;
        }
        group_->start();
        link_.post([](session::ClientLink& link) noexcept { link.start(); });
        return std::error_code();
    });
}

std::error_code Client::Impl::wait_ready(std::chrono::milliseconds timeout) {
    if (group_->on_a_worker() || in_callback()) {
        return errc::would_deadlock;
    }
    if (!lifecycle_.started()) {
        return errc::not_running;
    }
    ReleasableLock lock(state_.mutex);
    auto settled = [this]() REQUIRES(state_.mutex) {
        return state_.status.is_stopped() || (state_.status.is_connected() && state_.services.count_pending() == 0);
    };
    if (!state_.changed.wait_for(lock, timeout, settled)) {
        return errc::timed_out;
    }
    if (state_.status.is_stopped()) {
        return state_.status.reason();
    }
    for (const auto& [id, entry] : state_.services.all()) {
        ServiceState::View view = entry.state->view();
        if (view.state == Service::State::refused) {
            return view.error;
        }
    }
    return {};
}

bool Client::Impl::connected() const {
    const MutexLock lock(state_.mutex);
    return state_.status.is_connected();
}

std::vector<std::string> Client::Impl::known_servers() const {
    const MutexLock lock(state_.mutex);
    return state_.status.known_servers();
}

asio::any_io_executor Client::Impl::executor() const {
    return runtime::executor_of(group_->at(0));
}

// --- ending ---

std::error_code Client::Impl::stop(std::chrono::milliseconds drain) {
    if (!lifecycle_.started()) {
        offers_.end(asio::error::operation_aborted);
    }
    return lifecycle_.stop(drain);
}

void Client::Impl::begin_drain() {
    refuse_services();
    link_.post([](session::ClientLink& link) { link.drain(); });
}

// The link stops when its streams have ended; a slow backend's socket may still be receiving the last bytes.
bool Client::Impl::has_drained() {
    const MutexLock lock(state_.mutex);
    return state_.status.is_stopped() && shared_->traffic->visitors_now.load() == 0;
}

bool Client::Impl::has_visitors() const {
    return shared_->traffic->visitors_now.load() != 0 || shared_->traffic_registry->sum().streams != 0;
}

bool Client::Impl::in_callback() const {
    return log_.here() || control_.here() || (group_->at(0).owns_thread() && events_.here());
}

void Client::Impl::cut_off() {
    refuse_services();
    link_.stop();
}

void Client::Impl::shut_down(bool was_started) {
    control_.close();  // first: it uses all other parts
    refuse_services();
    group_->stop();
    group_->join();
    link_.reset();
    memory_.reset();
    bool is_unreported = false;
    {
        const MutexLock lock(state_.mutex);
        is_unreported = state_.status.stop() && was_started;
    }
    offers_.end(asio::error::operation_aborted);
    state_.changed.notify_all();
    if (is_unreported) {  // the link had no time to end by itself
        Event event;
        event.kind = Event::Kind::stopped;
        event.peer = settings_.servers.front();
        events_.deliver(std::move(event));
    }
    events_.wait_until_delivered();
}

void Client::Impl::refuse_services() {
    life_->set_stopped();
    const MutexLock lock(state_.mutex);
    state_.status.close();
}

}  // namespace ferrotunnel
