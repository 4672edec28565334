// A client's tunnel to its server: decides when which trunk connects, registers the services on all trunks, and reports
// what the user should know.
//
// The tunnel:
//   idle --start--> down --first trunk open--> up --last trunk lost--> down (back-off, then the first trunk again)
//   any --replaced by a newer session (superseded), attempts used up, stop--> stopped
//   down --token or version refused by a proved server that never let this client in--> stopped, or a long wait if the
//         settings say so: a client that nobody looks after must be there when the token is renewed
//   any --drain--> draining --visitors gone, or deadline--> stopped
//
// Each trunk:
//   idle --tunnel is up--> connecting --login--> open --lost--> waiting (back-off of its own) --> connecting
//
// While the tunnel is down one trunk tries alone, under a new epoch; the others follow when that one is open, unless
// the server is far (Settings::near_below). When a trunk's stream ids run out on the server, the server asks for a
// fresh session, which is made beside the present one.
//
// Lives on one worker, where all members are to be called. The trunks may live on other workers.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/client_service.hpp"
#include "backend/health_watch.hpp"
#include "backend/originals_watch.hpp"
#include "base/permits.hpp"
#include "runtime/acceptor.hpp"
#include "runtime/timer.hpp"
#include "session/backoff.hpp"
#include "session/client_trunk.hpp"

namespace ferrotunnel::session {

/// A report of what happens to the link.
struct LinkNotice {
    enum class Kind : std::uint8_t {
        connected,     // the first trunk is open
        joined,        // one more trunk is open
        degraded,      // a trunk broke or could not be made, while others are open
        lost,          // no trunk is open: the last one broke, or the first could not be made
        reconnecting,  // after `lost`
        registered,
        unreachable,  // a service that is being registered again
        refused,      // a service, or the login (id 0)
        waiting,      // a trunk is lost, and its session waits for another connection
        resumed,      // and continues
        draining,     // announced by the server
        took_over,    // it has taken the place of others; with a code it cannot, `text` says why
        replaced,     // another client has taken its place, as the server says
        healthy,      // the backend of a service; told after the first check too
        unhealthy,
        stopped,
    } kind = Kind::connected;
    std::uint32_t service = 0;
    std::string endpoint{};
    std::uint16_t port = 0;
    wire::Code code = wire::Code::none;
    std::string text{};
    Duration retry_in{};   // degraded, reconnecting; refused service: when it is asked for again
    unsigned trunk = 0;    // which trunk it is about, from 1
    bool broke = false;    // degraded, lost: whether an open trunk broke
    bool settled = false;  // lost: the server has decided, and nothing but a change of its mind helps
    unsigned trunks = 0;   // open now
};

class ClientLink : private ClientTrunkEvents {
public:
    struct Settings {
        Backoff::Settings backoff;
        unsigned attempts = 0;  // failed attempts in a row before the link gives up; 0: never
        /// The wait after a verdict of the server that would end the link; up to five times as long. Zero: it ends.
        Duration refused_again{};
        /// It takes the place of the client of its identity, once all of its services are registered and healthy.
        bool replaces = false;
        /// The worker of each trunk; a worker may be listed several times. Empty: one trunk, on the link's own worker.
        std::vector<runtime::Worker*> trunk_workers{};
        /// Called on the link's worker with what the server's administrator wants of this client's services; the answer
        /// goes back by answer(), with the number. Empty: such requests are ignored.
        std::function<void(std::uint64_t, const wire::Manage&)> on_manage{};
        /// If a round trip takes this long, or longer, the first trunk stays alone.
        Duration near_below = Duration::max();
    };

    ClientLink(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const Settings& settings,
               std::function<void(const LinkNotice&)> notify);
    /// To be called when none of the workers runs any more, or on the one worker on which everything lives.
    ~ClientLink() override;
    ClientLink(const ClientLink&) = delete;
    ClientLink& operator=(const ClientLink&) = delete;

    void add(backend::ClientService service);
    void remove(std::uint32_t id);
    /// Gives a service another backend: visitors who come from now on are connected to that. The server is not told, so
    /// everything else must be as it was.
    void set_backend(backend::ClientService service);
    /// Puts a service in the place of another, `old`. What the server had chosen for that is asked for again.
    struct Replacement {
        std::uint32_t old = 0;
        backend::ClientService service;
    };
    void replace(std::vector<Replacement> replacements);
    /// Listens, and gives who comes a visit to the service, until it is told otherwise. `id`: the caller's choice.
    /// `listener`: for a UDP service a socket of datagrams.
    void visit(std::uint32_t id, std::shared_ptr<const VisitPlan> plan, runtime::Fd listener);
    /// Who comes to the place of a visit from now on gets this one.
    void set_visit(std::uint32_t id, std::shared_ptr<const VisitPlan> plan);
    /// Takes nobody new there. Who has come stays.
    void end_visit(std::uint32_t id);
    /// Logs in with this token from now on. Trunks that are open get a fresh session with it, which takes the place of
    /// the present one when it has all services: visitors notice nothing.
    void set_token(login::Token token);
    /// Sends a recorded request to the backend of a service again. `ticket` is kept until that is over.
    struct Replay {
        std::uint32_t service = 0;
        std::string request;
        std::uint64_t record_id = 0;  // that it gets
        std::uint64_t replay_of = 0;
    };
    void replay(Replay replay, PermitPtr ticket);
    /// Sends the answer to a request, if the session that brought it, `number`, is still there.
    void answer(std::uint64_t number, const wire::Managed& answer);
    void start();
    /// Takes no new visitors; `stopped` follows when the present ones have finished.
    void drain();
    /// Stops now; `stopped` follows, perhaps from within this call.
    void stop();

    bool connected() const noexcept { return open_count() > 0; }
    bool stopped() const noexcept { return state_ == State::stopped; }

private:
    enum class State : std::uint8_t { idle, running, draining, stopped };

    /// The state of one trunk, as the link knows it.
    struct Place {
        enum class State : std::uint8_t { idle, waiting, connecting, open } state = State::idle;
        std::unique_ptr<ClientTrunk> trunk;
        std::unique_ptr<Backoff> backoff;
        std::unique_ptr<runtime::Timer> retry;
        TimePoint opened_at{};
        std::optional<TimePoint> rotated_at{};
        bool old_token = false;      // what is connecting may have it
        bool draining = false;       // the server takes no new visitors on this trunk
        std::uint64_t features = 0;  // agreed with the server
        wire::Proof login_proof{};   // of its login: what proofs of services are bound to
        std::uint64_t login = 0;     // which of the link's logins the present session is of
        std::size_t retiring = 0;    // earlier sessions that still have visitors

        bool has_session() const noexcept { return state == State::connecting || state == State::open; }
    };

    /// The state of a service on one trunk.
    enum class Carried : std::uint8_t { no, asked, yes, refused };
    struct Offered {
        std::shared_ptr<const backend::ClientService> service;
        std::uint16_t assigned_port = 0;  // what the server chose: asked for again after a reconnect
        std::string assigned_host{};
        bool told = false;          // that it is reachable; a private service has no endpoint
        std::string endpoint{};     // as last reported; empty: not reachable now
        std::uint16_t port = 0;     // that it was registered with last, if it has one
        std::string heard{};        // of one that waits for its twin: the endpoint that is to be reported
        std::string why_refused{};  // as last reported
        bool refused = false;       // as last reported
        std::vector<Carried> on{};  // indexed by place
        std::unique_ptr<backend::HealthWatch> watch{};  // null: nobody looks
        bool is_checked = false;                        // once: the server is told of it then, and not before
        bool healthy = false;                           // as the last check says that has changed it
        std::string why_unhealthy{};

        bool is(Carried what) const noexcept;
    };

    void on_trunk_open(std::size_t place, const login::Agreement& agreed, const std::string& transport,
                       Duration round_trip) override;
    void on_trunk_message(std::size_t place, const wire::ControlMessage& message) override;
    void on_trunk_draining(std::size_t place, wire::Code code, const std::string& text) override;
    void on_trunk_retired(std::size_t place, const std::string& text) override;
    void on_trunk_waiting(std::size_t place, const trunk::TrunkEnd& why) override;
    void on_trunk_resumed(std::size_t place) override;
    void on_trunk_end(std::size_t place, const trunk::TrunkEnd& end, bool was_open) override;
    void on_retired_end(std::size_t place) override;

    unsigned open_count() const noexcept;
    bool any_connecting() const noexcept;
    void connect_first();
    void connect(std::size_t place);
    void connect_idle();
    void rotate(std::size_t place);
    void on_retry(std::size_t place);
    void trunk_lost(std::size_t place, const LinkNotice& why);
    void tunnel_down(std::size_t place, const LinkNotice& why, bool was_open);
    bool is_settled(const trunk::TrunkEnd& end) const noexcept;
    bool is_final(const trunk::TrunkEnd& end) const noexcept;
    std::string explain(const trunk::TrunkEnd& end) const;
    Duration wait_after(const LinkNotice& why);
    void end_for_good(wire::Code code, const std::string& text, bool was_open);
    void finish_if_drained(wire::Code code, const std::string& text);
    void finish(wire::Code code, const std::string& text);
    void cancel_timers();
    std::string name_of(std::size_t place) const;
    void tell(LinkNotice notice);

    // Visits (client_link_visits.cpp).
    struct Visited {
        std::shared_ptr<const VisitPlan> plan;
        std::unique_ptr<runtime::Acceptor> acceptor;  // or ...
        std::unique_ptr<directory::PublicPort> port;  // ... of a UDP service
    };
    void take_datagrams(Visited& visited, runtime::Fd socket);
    void on_visitor(const std::shared_ptr<const VisitPlan>& plan, directory::Visitor visitor);

    // Health (client_link_health.cpp).
    void watch_health(Offered& offered);
    static bool waits_for_check(const Offered& offered) noexcept { return offered.watch && !offered.is_checked; }
    void on_health(std::uint32_t id);
    bool tells_health(std::size_t place, const Offered& offered) const noexcept;
    void send_health(std::size_t place, const Offered& offered);

    // Hand-over (client_link_handover.cpp).
    void look_for_place();
    void on_taken_over(const wire::TakenOver& answer);
    void on_replaced(const wire::Replaced& message);
    void tell_too_old();

    // Services (client_link_services.cpp).
    void register_on(std::size_t place);
    void register_lost();
    void forget_place(std::size_t place);
    void on_registered(std::size_t place, const wire::RegisteredService& answer);
    void on_refused(std::size_t place, const wire::Refused& refused);
    Offered* twin_of(const backend::ClientService& service) noexcept;
    bool waits_for_twin(std::size_t place, const Offered& offered) noexcept;
    void is_there(Offered& offered, const std::string& endpoint, std::uint16_t port);
    void unregister(std::uint32_t id);
    void withdraw(Offered& offered, const wire::Refused& why);
    void tell_refused(Offered& offered, const wire::Refused& refused);
    void request_registration(std::size_t place, std::vector<Offered*> wanted);
    void refuse_here(std::size_t place, std::uint32_t id, const char* why);
    std::optional<std::size_t> first_open() const noexcept;
    void retry_refused();
    Duration refused_again_in();

    runtime::Worker& worker_;
    const std::shared_ptr<ClientShared> shared_;
    const Settings settings_;
    const std::function<void(const LinkNotice&)> notify_;
    const std::shared_ptr<backend::ServiceTable> table_ = std::make_shared<backend::ServiceTable>();
    Backoff backoff_;  // for the tunnel
    runtime::Timer retry_timer_;
    Backoff refused_backoff_;  // for refused services
    runtime::Timer refused_timer_;
    std::unique_ptr<backend::OriginalsWatch> originals_watch_{};  // null: nothing is recorded, or it has ended
    State state_ = State::idle;
    bool let_in_ = false;  // the server has accepted this client at some time
    bool up_ = false;      // `connected` was reported, and `lost` not since
    bool alone_ = false;   // the server is too far for a second trunk, as the first one measured
    bool told_draining_ = false;
    bool replaces_;                  // it wants another client's place, and has not got it yet
    std::uint64_t place_asked_ = 0;  // the login on which it has asked for that
    std::map<std::uint32_t, Offered> services_;
    std::vector<std::unique_ptr<Place>> places_;
    std::map<std::uint32_t, Visited> visits_;
    std::size_t visits_turn_ = 0;
    std::uint64_t epoch_ = 0;
    std::uint64_t attempt_ = 0;
    std::uint64_t logins_ = 0;
    std::uint32_t request_ = 0;
    unsigned failed_ = 0;                                      // failed attempts in a row
    std::optional<std::pair<wire::Code, std::string>> final_;  // why the link ends, if the server is the reason
};

}  // namespace ferrotunnel::session
