// The engine of a Client: one link with its trunks, and what the application's threads look at.
//
// Threads: the link lives on the first worker, its trunks are spread over all. What the application's threads look at
// (services, connected, stopped) is kept under a mutex that is never held while user code runs.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "api/delivery_queue.hpp"
#include "api/event_delivery.hpp"
#include "api/facade_control.hpp"
#include "api/lifecycle.hpp"
#include "api/listener_core.hpp"
#include "api/service_state.hpp"
#include "api/sink_logger.hpp"
#include "base/mutex.hpp"
#include "base/published.hpp"
#include "exits/destinations.hpp"
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

    /// Adds a service, described by a Tcp, an Http, a Tls or a Udp. `applies`: apply() takes it off where its list does
    /// not have it.
    template <typename Description>
    Service add(Description description, bool applies = true) {
        std::vector<Problem> problems;
        detail::check_service(description, false, problems);
        backend::ClientService service = described(description, false, problems);
        std::optional<Known> known(Known{std::move(description), applies});
        return Service(offer(std::move(service), std::move(problems), false, nullptr, std::move(known)).state);
    }
    template <typename Description>
    Listener listen(Description description, asio::any_io_executor on) {
        std::vector<Problem> problems;
        backend::ClientService service = described(std::move(description), true, problems);
        return {offer(std::move(service), std::move(problems), true).listener, on ? std::move(on) : executor()};
    }
    Service listen(Udp description, DatagramHandler handler);
    /// `really`: otherwise it only tells what it would do.
    ApplyReport apply(detail::ClientSettings&& next, std::vector<AnyService> services, bool really);
    /// `remembers`: apply() does not change it back. False: there is no such service with a backend.
    bool set_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers);
    std::string visit(const Visit& visit);
    std::vector<VisitStats> visits() const;
    void start();
    detail::FacadeControl& control() noexcept { return control_; }
    /// Counts that the configuration was read again, and tells of it.
    void note_reload(bool applied, std::string_view outcome) { events_.tell(control_.note_reload(applied, outcome)); }
    void keep_services_beside(std::string file);
    std::error_code wait_ready(std::chrono::milliseconds timeout);
    template <typename Description>
    void start_listen(Description description, detail::ListenOperation* operation) {
        std::vector<Problem> problems;
        backend::ClientService service = described(std::move(description), true, problems);
        offer_or_fail(std::move(service), std::move(problems), operation);
    }
    std::error_code stop(std::chrono::milliseconds drain);
    bool is_copy() const noexcept { return lifecycle_.is_copy(); }
    bool connected() const;
    bool wants_place() const;
    ClientStats stats() const;
    std::vector<ServiceStats> service_stats() const;
    std::vector<WorkerStats> worker_stats() const;
    std::vector<RecordedExchange> exchanges(std::size_t most) const;
    asio::any_io_executor executor() const;

private:
    /// Hosts in normal form, each with what makes a claimed name of it: the path, or the mark for TLS.
    using Claims = std::vector<std::pair<std::string, std::string>>;

    class ControlSubject;  // what the control socket asks (client_control.cpp)

    /// What is known of a service with a backend.
    struct Known {
        AnyService description;  // checked
        bool applies = true;     // apply() takes it off where its list does not have it

        bool is_off() const;
    };

    struct Entry {
        std::string name;
        std::shared_ptr<detail::ServiceState> state;
        std::shared_ptr<detail::ListenerCore> listener;  // set when the application serves
        detail::ListenOperation* waiting = nullptr;      // until the server has answered
        std::size_t hosts = 0;                           // for HTTP and TLS
        std::size_t rules = 0;                           // for HTTP, in bytes
        Claims claims;                                   // for HTTP and TLS
        wire::ServiceKind kind = wire::ServiceKind::tcp;
        std::string local{};           // its backend; empty: it has none
        std::optional<Known> known{};  // of one with a backend

        bool is_off() const { return known && known->is_off(); }
    };
    using Entries = std::map<std::uint32_t, Entry>;

    /// A visit, whose listening socket the link has.
    struct Visiting {
        Visit visit;
        std::string at;
        std::shared_ptr<session::VisitRecord> record;
        bool of_settings = false;  // apply() compares it
    };

    void take_managed();
    void make_link();
    void on_manage(std::uint64_t number, const wire::Manage& request);
    void answer_server(std::uint64_t number, const wire::Manage& request);
    std::error_code open_control(std::string& what);

    // Services (client_services.cpp).
    static backend::ClientService described(Tcp description, bool application_serves, std::vector<Problem>& problems);
    static backend::ClientService described(Http description, bool application_serves, std::vector<Problem>& problems);
    static backend::ClientService described(Tls description, bool application_serves, std::vector<Problem>& problems);
    static backend::ClientService described(Udp description, bool application_serves, std::vector<Problem>& problems);
    struct Offered {
        std::shared_ptr<detail::ServiceState> state;
        std::shared_ptr<detail::ListenerCore> listener;  // null: there is a backend
    };
    Offered offer(backend::ClientService service, std::vector<Problem> problems, bool application_serves,
                  detail::ListenOperation* waiting = nullptr, std::optional<Known> known = {},
                  std::shared_ptr<const DatagramHandler> datagrams = nullptr);
    void offer_or_fail(backend::ClientService service, std::vector<Problem> problems,
                       detail::ListenOperation* operation);
    void tell_impossible(const std::string& service, const config_error& error);
    static Claims claims_of(const backend::ClientService& service);
    static void check_room(const Entries& entries, const backend::ClientService& service, const Claims& claims,
                           std::vector<Problem>& problems);
    void tell_of_backend(const backend::ClientService& service);
    std::shared_ptr<detail::ServiceState> new_state(const std::string& name, std::uint32_t id);
    /// Where a service's bytes are counted.
    std::shared_ptr<metrics::ServiceRow> row_of(const std::string& service, wire::ServiceKind kind) const;
    static Entry entry_of(const backend::ClientService& service, std::shared_ptr<detail::ServiceState> state);

    // Visits (client_visits.cpp).
    static constexpr const char* visits_key = "client.visits";
    /// What becomes of a visit.
    struct VisitChange {
        enum class Kind : std::uint8_t { added, removed, changed } kind = Kind::added;
        std::uint32_t id = 0;  // of an added one: chosen when it is made
        Visit visit{};
        std::shared_ptr<const session::VisitPlan> plan{};  // null where it is removed
        std::string at{};                                  // of an added one
        std::shared_ptr<runtime::Fd> listener{};           // likewise
    };
    VisitChange begun(const Visit& visit, std::error_code& error) const;
    std::vector<VisitChange> changes_to(const std::vector<Visit>& visits, std::vector<Problem>& problems) const
        REQUIRES(mutex_);
    void make_changes(const std::vector<VisitChange>& changes, bool of_settings) REQUIRES(mutex_);
    static void tell_visits(const std::vector<VisitChange>& changes, ApplyReport& report);
    std::error_code begin_visits(std::string& what);

    // Changes while it runs (client_apply.cpp).
    struct ServiceChange;
    struct Outgoing;
    ServiceChange change_of(const Outgoing& old, Known known, backend::ClientService service, std::uint32_t& next_id,
                            Entries& entries);
    void keep_off(AnyService& service) const REQUIRES(mutex_);
    std::vector<std::string> twins_of(const std::string& name) const REQUIRES(mutex_);
    bool set_one_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers) REQUIRES(mutex_);
    std::vector<ServiceChange> changes_to(std::vector<AnyService> services, Entries& entries,
                                          std::vector<Problem>& problems) REQUIRES(mutex_);
    void refuse_if_ended() const REQUIRES(mutex_);
    void make_changes(std::vector<ServiceChange> changes, Entries&& entries, ApplyReport& report) REQUIRES(mutex_);
    void change_link(std::vector<ServiceChange> changes);
    static void tell_services(const std::vector<ServiceChange>& changes, const Entries& entries, ApplyReport& report);
    void close_service(std::uint32_t id);
    std::size_t count_pending() const REQUIRES(mutex_);
    std::vector<detail::ListenOperation*> take_listens() REQUIRES(mutex_);
    static void abort_listens(std::vector<detail::ListenOperation*> listens, std::error_code error);
    void close_services();

    // What the link tells (client_notices.cpp).
    void on_notice(const session::LinkNotice& notice);
    static Event::Kind kind_of(const session::LinkNotice& notice);
    void take_counts(const session::LinkNotice& notice);
    void on_registered(const session::LinkNotice& notice, Event& event);
    static bool is_about_health(const session::LinkNotice& notice);
    bool on_health(const session::LinkNotice& notice, Event& event);
    void on_service_refused(const session::LinkNotice& notice, Event& event);
    std::optional<Entry> answered(std::uint32_t service, Event& event, const std::function<void(const Entry&)>& change);
    void on_stopped(const session::LinkNotice& notice);

    // Ending.
    void begin_drain() override;
    bool has_drained() override;
    bool has_visitors() const override;
    bool in_callback() const override;
    void cut_off() override;
    void take_down(bool was_started) override;
    void refuse_services();
    void give_up_services();

    /// The way by which handles find their Impl, which they may outlive.
    struct Anchor {
        Mutex mutex;
        Impl* impl GUARDED_BY(mutex) = nullptr;
    };

    Mutex apply_mutex_;                // held while settings are applied
    detail::ClientSettings settings_;  // what sessions and threads look at does not change
    const std::shared_ptr<Anchor> anchor_ = std::make_shared<Anchor>();
    mutable runtime::SystemRandom random_;
    detail::SinkLogger log_;
    const std::shared_ptr<session::ClientShared> shared_;
    const std::unique_ptr<runtime::WorkerGroup> group_;
    runtime::Worker& worker_;  // the link's
    const IntrusivePtr<detail::OwnerLife> life_;
    std::unique_ptr<session::ClientLink> link_;   // the worker's
    std::unique_ptr<trunk::MemoryWatch> memory_;  // the worker's

    mutable Mutex mutex_;
    ConditionVariable changed_;
    Entries services_ GUARDED_BY(mutex_);
    std::uint32_t last_id_ GUARDED_BY(mutex_) = 0;
    std::map<std::uint32_t, Visiting> visits_ GUARDED_BY(mutex_);  // by the link's numbers
    std::uint32_t last_visit_ GUARDED_BY(mutex_) = 0;
    std::map<std::string, std::string> off_
        GUARDED_BY(mutex_);  // what stays off whatever apply() says, with who wants it so
    bool connected_ GUARDED_BY(mutex_) = false;
    bool wants_place_ GUARDED_BY(mutex_) = false;  // that another client has
    bool closed_ GUARDED_BY(mutex_) = false;       // takes no services any more
    bool stopped_ GUARDED_BY(mutex_) = false;      // the link has ended
    bool stopped_told_ GUARDED_BY(mutex_) = false;
    std::error_code stop_error_ GUARDED_BY(mutex_);
    /// One of the connections to the server, by its number.
    struct TrunkState {
        bool is_open = false;
        std::chrono::system_clock::time_point since{};  // it is so
        std::string why{};                              // it is not open
        TimePoint waits_since{};                        // for another connection, its own being lost; zero: it has one
    };
    std::map<unsigned, TrunkState> trunks_;
    unsigned connections_ = 0;
    std::uint64_t connects_ = 0;
    std::uint64_t losses_ = 0;
    /// Where the server's administrator may lead services to; null: nowhere.
    Published<std::shared_ptr<const exits::Destinations>> managed_;
    std::string kept_beside_;  // the configuration file; empty: nothing is kept

    detail::FacadeControl control_{log_};
    detail::EventDelivery events_;
    /// What the server's administrator asks, with the number of the session that has brought it. On a thread of its
    /// own: files are read and written.
    struct Asked {
        std::uint64_t number;
        wire::Manage request;
    };
    std::optional<detail::DeliveryQueue<Asked>> manager_;
    detail::Lifecycle lifecycle_;
};

}  // namespace ferrotunnel
