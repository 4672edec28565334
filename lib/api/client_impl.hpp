// The engine of a Client: one link with its trunks, and what the application's threads look at.
//
// Threads: the link lives on the first worker, its trunks are spread over all. What the application's threads look at
// (services, connected, stopped) is kept under a mutex that is never held while user code runs.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "api/event_delivery.hpp"
#include "api/lifecycle.hpp"
#include "api/listener_core.hpp"
#include "api/service_state.hpp"
#include "api/sink_logger.hpp"
#include "ferrotunnel/client.hpp"
#include "runtime/system_random.hpp"
#include "runtime/worker_group.hpp"
#include "session/client_link.hpp"
#include "settings/settings.hpp"
#include "trunk/memory_governor.hpp"

namespace ferrotunnel {

class Client::Impl final : private detail::Stoppable {
public:
    explicit Impl(detail::ClientSettings&& settings);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    /// Adds a service, described by a Tcp, an Http or a Tls.
    template <typename Description>
    Service add(Description description) {
        std::vector<Problem> problems;
        backend::ClientService service = described(std::move(description), false, problems);
        return Service(offer(std::move(service), std::move(problems), false).state);
    }
    template <typename Description>
    Listener listen(Description description, asio::any_io_executor on) {
        std::vector<Problem> problems;
        backend::ClientService service = described(std::move(description), true, problems);
        return {offer(std::move(service), std::move(problems), true).listener, on ? std::move(on) : executor()};
    }
    void start();
    std::error_code wait_ready(std::chrono::milliseconds timeout);
    template <typename Description>
    void start_listen(Description description, detail::ListenOperation* operation) {
        std::vector<Problem> problems;
        backend::ClientService service = described(std::move(description), true, problems);
        offer_or_fail(std::move(service), std::move(problems), operation);
    }
    std::error_code stop(std::chrono::milliseconds drain);
    bool connected() const;
    ClientStats stats() const;
    asio::any_io_executor executor() const;

private:
    /// Hosts in normal form, each with what makes a claimed name of it: the path, or the mark for TLS.
    using Claims = std::vector<std::pair<std::string, std::string>>;

    struct Entry {
        std::string name;
        std::shared_ptr<detail::ServiceState> state;
        std::shared_ptr<detail::ListenerCore> listener;  // set when the application serves
        detail::ListenOperation* waiting = nullptr;      // until the server has answered
        std::size_t hosts = 0;                           // for HTTP and TLS
        std::size_t rules = 0;                           // for HTTP, in bytes
        Claims claims;                                   // for HTTP and TLS
    };

    void make_link();

    // Services (client_services.cpp).
    static backend::ClientService described(Tcp description, bool application_serves, std::vector<Problem>& problems);
    static backend::ClientService described(Http description, bool application_serves, std::vector<Problem>& problems);
    static backend::ClientService described(Tls description, bool application_serves, std::vector<Problem>& problems);
    struct Offered {
        std::shared_ptr<detail::ServiceState> state;
        std::shared_ptr<detail::ListenerCore> listener;  // null: there is a backend
    };
    Offered offer(backend::ClientService service, std::vector<Problem> problems, bool application_serves,
                  detail::ListenOperation* waiting = nullptr);
    void offer_or_fail(backend::ClientService service, std::vector<Problem> problems,
                       detail::ListenOperation* operation);
    void tell_impossible(const std::string& service, const config_error& error);
    static Claims claims_of(const backend::ClientService& service);
    void check_room(const backend::ClientService& service, const Claims& claims, std::vector<Problem>& problems) const;
    void close_service(std::uint32_t id);
    std::size_t count_pending() const;
    std::vector<detail::ListenOperation*> take_listens();
    static void abort_listens(std::vector<detail::ListenOperation*> listens, std::error_code error);
    void close_services();

    // What the link tells (client_notices.cpp).
    void on_notice(const session::LinkNotice& notice);
    static Event::Kind kind_of(const session::LinkNotice& notice);
    void take_counts(const session::LinkNotice& notice);
    void on_registered(const session::LinkNotice& notice, Event& event);
    void on_service_refused(const session::LinkNotice& notice, Event& event);
    std::optional<Entry> answered(std::uint32_t service, Event& event,
                                  const std::function<void(detail::ServiceState&)>& change);
    void on_stopped(const session::LinkNotice& notice);

    // Ending.
    void begin_drain() override;
    bool has_drained() const override;
    bool has_visitors() const override;
    bool in_callback() const override;
    void cut_off() override;
    void take_down(bool was_started) override;
    void refuse_services();
    void give_up_services();

    /// The way by which handles find their Impl, which they may outlive.
    struct Anchor {
        std::mutex mutex;
        Impl* impl = nullptr;
    };

    const detail::ClientSettings settings_;
    const std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>();
    mutable runtime::SystemRandom random_;
    detail::SinkLogger log_;
    const std::shared_ptr<session::ClientShared> shared_;
    const std::unique_ptr<runtime::WorkerGroup> group_;
    runtime::Worker& worker_;  // the link's
    const IntrusivePtr<detail::OwnerLife> life_;
    std::unique_ptr<session::ClientLink> link_;   // the worker's
    std::unique_ptr<trunk::MemoryWatch> memory_;  // the worker's

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint32_t, Entry> services_;
    std::uint32_t last_id_ = 0;
    bool connected_ = false;
    bool closed_ = false;   // takes no services any more
    bool stopped_ = false;  // the link has ended
    bool stopped_told_ = false;
    std::error_code stop_error_;
    unsigned connections_ = 0;
    std::uint64_t connects_ = 0;
    std::uint64_t losses_ = 0;

    detail::EventDelivery events_;
    detail::Lifecycle lifecycle_;
};

}  // namespace ferrotunnel
