// The Client: one link on one worker, and the handles that the application holds.
//
// Threads: the link lives on the worker. What the application's threads look at (services, connected, stopped) is kept
// under a mutex that is never held while user code runs.
#include "ferrotunnel/client.hpp"

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>

#include "ask.hpp"
#include "engine_settings.hpp"
#include "error_map.hpp"
#include "listener_core.hpp"
#include "make_facade.hpp"
#include "owner_life.hpp"
#include "runtime/system_random.hpp"
#include "runtime/worker_group.hpp"
#include "service_state.hpp"
#include "sink_logger.hpp"
#include "tunnel/client_link.hpp"

namespace ferrotunnel {

using namespace std::chrono_literals;
using detail::ListenOperation;
using detail::ServiceState;
using tunnel::LinkNotice;

namespace {

/// How long an end without drain may take: the peer's goodbye, then the socket goes anyway.
constexpr auto goodbye = 3s;

std::chrono::milliseconds whole_milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

std::unique_ptr<runtime::WorkerGroup> make_workers(const detail::CommonSettings& settings) {
    return settings.run_on != nullptr ? std::make_unique<runtime::WorkerGroup>(*settings.run_on)
                                      : std::make_unique<runtime::WorkerGroup>(settings.workers);
}

std::shared_ptr<tunnel::ClientShared> make_shared_part(const detail::ClientSettings& settings, Logger& log,
                                                       Random& random) {
    auto shared = std::make_shared<tunnel::ClientShared>();
    shared->server = *runtime::parse_host_port(settings.server, detail::default_control_port);
    shared->token = detail::engine_token(settings.token);
    shared->instance = detail::new_instance(random);
    shared->mux = detail::mux_settings(mux::Role::client, settings.timing);
    shared->handshake_deadline = settings.timing.handshake_deadline;
    shared->log = &log;
    shared->random = &random;
    if (!settings.tls_off) {
        transport::TlsClientSettings tls;
        tls.server_name = shared->server.host;
        tls.system_ca = settings.tls_ca == "system";
        tls.ca_file = tls.system_ca ? std::string() : settings.tls_ca;
        tls.pin = settings.tls_pin;
        try {
            shared->tls = transport::TlsContext::make_client(tls);
        } catch (const transport::TlsConfigError& problem) {
            throw config_error(std::vector<Problem>{{settings.tls_ca.empty() ? "tls_pin" : "tls_ca", problem.what()}});
        }
    }
    return shared;
}

}  // namespace

class Client::Impl {
public:
    explicit Impl(detail::ClientSettings&& settings)
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

    ~Impl() {
        {
            std::lock_guard lock(anchor_->mutex);
            anchor_->impl = nullptr;
        }
        // Inside an application's io_context this is its thread, or nobody runs it: there is nothing to wait for.
        (void)(settings_.run_on != nullptr ? stop_here() : stop(0ms));
        tear_down();
    }

    Service add(Tcp description) {
        auto state = offer(std::move(description), nullptr);
        return Service(std::move(state));
    }

    void start() {
        {
            std::lock_guard lock(mutex_);
            if (std::exchange(started_, true)) {
                throw std::system_error(errc::already_running, "start the client");
            }
        }
        for (const std::string& warning : detail::warnings_for(settings_)) {
            log_.warn(warning);
        }
        group_->start();
        worker_.post([this] { link_->start(); });
    }

    std::error_code wait_ready(std::chrono::milliseconds timeout) {
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

    void start_listen(Tcp description, ListenOperation* operation) { offer(std::move(description), operation); }

    std::error_code stop(std::chrono::milliseconds drain) {
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
        stop_until_ = stop_until_ ? std::min(*stop_until_, until) : until;
        changed_.notify_all();
        if (!std::exchange(stopping_, true)) {
            life_->set_stopped();
            worker_.post([this] { link_->drain(); });
        }
        bool finished = true;
        // The link stops when its streams have ended; a slow backend's socket may still be taking the last bytes.
        auto ended = [this] { return stopped_ && shared_->traffic->visitors_now.load() == 0; };
        while (!ended() && std::chrono::steady_clock::now() < *stop_until_) {
            changed_.wait_until(lock, std::min(*stop_until_, std::chrono::steady_clock::now() + 10ms));
        }
        if (!ended()) {
            finished = drain == 0ms;
            worker_.post([this] { link_->stop(); });
            changed_.wait_for(lock, goodbye, [this] { return stopped_; });
        }
        lock.unlock();
        detail::on_its_thread(worker_, [this] { tear_down(); });
        return finished ? std::error_code() : make_error_code(errc::timed_out);
    }

    bool connected() const {
        std::lock_guard lock(mutex_);
        return connected_;
    }

    ClientStats stats() const {
        ClientStats stats;
        {
            std::lock_guard lock(mutex_);
            stats.connected = connected_;
            stats.connects = connects_;
            stats.losses = losses_;
            if (!started_ || torn_down_) {
                return stats;
            }
        }
        auto session = detail::ask(worker_, [this] { return link_ ? link_->stats() : mux::SessionStats{}; });
        if (session) {
            stats.rtt = std::chrono::duration_cast<std::chrono::microseconds>(session->rtt_min);
            stats.traffic.bytes_received = session->payload_received;
            stats.traffic.bytes_sent = session->payload_sent;
            stats.traffic.bytes_copied = session->bytes_copied;
            stats.traffic.streams_opened = session->streams_opened;
            stats.traffic.streams_refused = session->streams_refused;
            stats.traffic.streams = session->streams;
            stats.traffic.bytes_held = session->bytes_held;
            stats.traffic.slabs_in_use = worker_.slabs().in_use();
        }
        return stats;
    }

    asio::any_io_executor executor() const { return worker_.io().get_executor(); }

private:
    struct Entry {
        std::string name;
        std::shared_ptr<ServiceState> state;
        std::shared_ptr<detail::ListenerCore> listener;  // the application serves
        ListenOperation* waiting = nullptr;              // until the server has answered
    };

    void make_link() {
        tunnel::ClientLink::Settings settings;
        settings.backoff.first = settings_.timing.reconnect_first;
        settings.backoff.max = settings_.timing.reconnect_max;
        settings.attempts = settings_.attempts;
        link_ = std::make_unique<tunnel::ClientLink>(worker_, shared_, settings,
                                                     [this](const LinkNotice& notice) { on_notice(notice); });
    }

    bool on_own_thread() const { return group_->on_a_worker(); }

    std::shared_ptr<ServiceState> offer(Tcp description, ListenOperation* operation);
    void close_service(std::uint32_t id);
    std::size_t count_pending() const;
    void on_notice(const LinkNotice& notice);
    void on_registered(const LinkNotice& notice, Event& event);
    void on_service_refused(const LinkNotice& notice, Event& event);
    void on_stopped(const LinkNotice& notice);
    std::vector<ListenOperation*> take_listens();
    static void abort_listens(std::vector<ListenOperation*> listens, std::error_code error);
    void close_services();
    std::error_code stop_here();
    void tear_down();

    /// How handles find this, which they may outlive.
    struct Anchor {
        std::mutex mutex;
        Impl* impl = nullptr;
    };

    const detail::ClientSettings settings_;
    const std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>();
    mutable runtime::SystemRandom random_;
    detail::SinkLogger log_;
    const std::shared_ptr<tunnel::ClientShared> shared_;
    const std::unique_ptr<runtime::WorkerGroup> group_;
    runtime::Worker& worker_;
    const IntrusivePtr<detail::OwnerLife> life_;
    std::unique_ptr<tunnel::ClientLink> link_;  // the worker's

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint32_t, Entry> services_;
    std::uint32_t last_id_ = 0;
    bool started_ = false;
    bool connected_ = false;
    bool stopping_ = false;
    bool stopped_ = false;
    bool torn_down_ = false;
    bool stopped_told_ = false;
    std::error_code stop_error_;
    std::optional<std::chrono::steady_clock::time_point> stop_until_;
    std::uint64_t connects_ = 0;
    std::uint64_t losses_ = 0;
};

// --- services ---

std::shared_ptr<ServiceState> Client::Impl::offer(Tcp description, ListenOperation* operation) {
    std::vector<Problem> problems;
    detail::check_service(description, operation != nullptr, problems);
    std::shared_ptr<ServiceState> state;
    tunnel::ClientService service;
    std::error_code impossible;
    {
        std::lock_guard lock(mutex_);
        for (const auto& [id, entry] : services_) {
            if (entry.name == description.name) {
                problems.push_back({description.name, "this client has a service of that name already"});
            }
        }
        if (stopping_ || stopped_) {
            impossible = errc::session_closed;
        } else if (problems.empty()) {
            std::uint32_t id = ++last_id_;
            service.id = id;
            service.name = description.name;
            service.remote_port = description.remote_port;
            state = std::make_shared<ServiceState>(description.name, [anchor = anchor_, id] {
                std::lock_guard anchored(anchor->mutex);
                if (anchor->impl != nullptr) {
                    anchor->impl->close_service(id);
                }
            });
            Entry entry{description.name, state, nullptr, operation};
            if (operation != nullptr) {
                entry.listener = std::make_shared<detail::ListenerCore>(state);
                service.on_stream = [this, listener = entry.listener](IntrusivePtr<mux::Stream> stream,
                                                                      const wire::Open& open) {
                    listener->deliver(detail::StreamCore::of_opened(std::move(stream), open.visitor, life_, nullptr));
                };
            } else {
                service.local = *runtime::parse_host_port(description.local);
            }
            services_.emplace(id, std::move(entry));
        }
    }
    if (!state) {
        if (operation != nullptr) {
            operation->complete(impossible ? impossible : make_error_code(errc::invalid_argument), Listener());
            return nullptr;
        }
        if (impossible) {
            throw std::system_error(impossible, "add a service");
        }
        throw config_error(std::move(problems));
    }
    worker_.post([this, service = std::move(service)]() mutable { link_->add(std::move(service)); });
    return state;
}

// The application has closed the handle: visitors that are there go on.
void Client::Impl::close_service(std::uint32_t id) {
    Event event;
    {
        std::lock_guard lock(mutex_);
        auto found = services_.find(id);
        if (found == services_.end()) {
            return;
        }
        event.service = found->second.name;
        services_.erase(found);
        changed_.notify_all();
    }
    worker_.post([this, id, event = std::move(event)]() mutable {
        link_->remove(id);
        event.kind = Event::Kind::unregistered;
        event.peer = settings_.server;
        emit(settings_.on_event, event, log_);
    });
}

std::size_t Client::Impl::count_pending() const {
    std::size_t pending = 0;
    for (const auto& [id, entry] : services_) {
        pending += entry.state->view().state == Service::State::pending ? 1U : 0U;
    }
    return pending;
}

// --- what the link tells ---

void Client::Impl::on_notice(const LinkNotice& notice) {
    Event event;
    event.peer = settings_.server;
    event.text = notice.text;
    event.error = detail::error_of(notice.code);
    switch (notice.kind) {
        case LinkNotice::Kind::connected: {
            event.kind = Event::Kind::connected;
            std::lock_guard lock(mutex_);
            connected_ = true;
            ++connects_;
            break;
        }
        case LinkNotice::Kind::lost: {
            event.kind = Event::Kind::lost;
            std::lock_guard lock(mutex_);
            losses_ += connected_ ? 1U : 0U;
            connected_ = false;
            for (const auto& [id, entry] : services_) {
                entry.state->set_pending();
            }
            break;
        }
        case LinkNotice::Kind::reconnecting:
            event.kind = Event::Kind::reconnecting;
            event.retry_in = whole_milliseconds(notice.retry_in);
            break;
        case LinkNotice::Kind::registered:
            on_registered(notice, event);
            break;
        case LinkNotice::Kind::refused:
            event.kind = Event::Kind::refused;
            if (notice.service != 0) {
                on_service_refused(notice, event);
            }
            break;
        case LinkNotice::Kind::draining:
            event.kind = Event::Kind::draining;
            break;
        case LinkNotice::Kind::stopped: {
            event.kind = Event::Kind::stopped;
            std::lock_guard lock(mutex_);
            stopped_told_ = true;
            break;
        }
    }
    changed_.notify_all();
    emit(settings_.on_event, event, log_);
    if (notice.kind == LinkNotice::Kind::stopped) {
        on_stopped(notice);
    }
}

void Client::Impl::on_registered(const LinkNotice& notice, Event& event) {
    event.kind = Event::Kind::registered;
    event.endpoint = notice.endpoint;
    ListenOperation* waiting = nullptr;
    std::shared_ptr<detail::ListenerCore> listener;
    {
        std::lock_guard lock(mutex_);
        auto found = services_.find(notice.service);
        if (found == services_.end()) {
            return;
        }
        event.service = found->second.name;
        found->second.state->set_registered(notice.endpoint, notice.port);
        waiting = std::exchange(found->second.waiting, nullptr);
        listener = found->second.listener;
    }
    if (waiting != nullptr) {
        asio::any_io_executor executor = waiting->executor;
        waiting->complete({}, Listener(std::move(listener), std::move(executor)));
    }
}

void Client::Impl::on_service_refused(const LinkNotice& notice, Event& event) {
    ListenOperation* waiting = nullptr;
    std::shared_ptr<detail::ListenerCore> listener;
    {
        std::lock_guard lock(mutex_);
        auto found = services_.find(notice.service);
        if (found == services_.end()) {
            return;
        }
        event.service = found->second.name;
        found->second.state->set_refused(event.error, notice.text);
        waiting = std::exchange(found->second.waiting, nullptr);
        listener = found->second.listener;
    }
    if (waiting != nullptr) {
        waiting->complete(event.error, Listener());
        listener->close();  // nobody holds it: the service goes
    } else if (listener) {
        listener->fail(event.error);
    }
}

void Client::Impl::on_stopped(const LinkNotice& notice) {
    const std::error_code error = detail::error_of(notice.code);
    std::vector<ListenOperation*> listens;
    {
        std::lock_guard lock(mutex_);
        listens = take_listens();
        stop_error_ = error;
    }
    // What ends a client that was stopped here is how that went on the trunk: nothing that the application must know.
    abort_listens(std::move(listens), error && !life_->stopped() ? error : asio::error::operation_aborted);
    close_services();
    std::lock_guard lock(mutex_);
    connected_ = false;
    stopped_ = true;  // last: whoever waits for it may tear everything down
    changed_.notify_all();
}

std::vector<ListenOperation*> Client::Impl::take_listens() {
    std::vector<ListenOperation*> listens;
    for (auto& [id, entry] : services_) {
        if (entry.waiting != nullptr) {
            listens.push_back(std::exchange(entry.waiting, nullptr));
        }
    }
    return listens;
}

void Client::Impl::abort_listens(std::vector<ListenOperation*> listens, std::error_code error) {
    for (ListenOperation* operation : listens) {
        operation->complete(error, Listener());
    }
}

void Client::Impl::close_services() {
    std::map<std::uint32_t, Entry> services;
    {
        std::lock_guard lock(mutex_);
        services.swap(services_);
    }
    for (auto& [id, entry] : services) {
        entry.state->set_closed();
        if (entry.listener) {
            entry.listener->fail(errc::session_closed);
        }
    }
}

// --- ending ---

// Inside an application's io_context, where nobody else can do the work. Called by one of our own handlers, whatever
// called that is still on the stack: then everything is taken down a little later.
std::error_code Client::Impl::stop_here() {
    bool started = false;
    {
        std::lock_guard lock(mutex_);
        if (torn_down_) {
            return {};
        }
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

namespace {

template <typename Pointer>
auto& running(const Pointer& impl) {
    if (!impl) {
        throw std::system_error(errc::not_running, "this Client is empty");
    }
    return *impl;
}

}  // namespace

Service Client::add(Tcp service) {
    return running(impl_).add(std::move(service));
}

void Client::start() {
    running(impl_).start();
}

std::error_code Client::wait_ready(std::chrono::milliseconds timeout) {
    return impl_ ? impl_->wait_ready(timeout) : make_error_code(errc::not_running);
}

void Client::start_listen(Tcp service, detail::ListenOperation* operation) noexcept {
    try {
        running(impl_).start_listen(std::move(service), operation);
    } catch (const std::system_error& error) {
        operation->complete(error.code(), Listener());
    }
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
    return running(impl_).executor();
}

}  // namespace ferrotunnel
