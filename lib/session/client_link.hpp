// A client's tunnel to its server: the owner of its trunks (trunk_set.hpp), of the services registered on them
// (client_registration.hpp), and of its visits to services of others (visit_listeners.hpp). It has the phase, receives
// the trunks' reports, passes each to the parts, and reports to the user.
//
//   idle --start--> down --first trunk open--> up --last trunk lost--> down (back-off, then the first trunk again)
//   any --replaced by a newer session (superseded), attempts used up, stop--> stopped
//   down --token or version rejected by a proved server that never accepted this client--> stopped, or a long wait if
//         the settings say so: an unattended client must be there when the token is renewed
//   any --drain, or another client replaces it----> draining --visitors gone, or deadline--> stopped
//
// Its trunks may be at two servers of a cluster: it is up while one of them is open.
//
// When a trunk's stream ids run out on the server, the server requests a fresh session, which is made beside the
// present one.
//
// Lives on one worker, on which all members are to be called. The trunks may live on other workers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/originals_expiry.hpp"
#include "base/permits.hpp"
#include "session/client_handover.hpp"
#include "session/client_registration.hpp"
#include "session/offered_health.hpp"
#include "session/server_verdict.hpp"
#include "session/trunk_set.hpp"
#include "session/visit_listeners.hpp"

namespace ferrotunnel::session {

class ClientLink : private ClientTrunkEvents {
public:
    struct Settings {
        Backoff::Settings backoff;
        unsigned attempts = 0;  // failed attempts in a row (each at all servers) before the link gives up; 0: never
        /// The wait after a refusal by the server that would end the link; up to five times as long. Zero: the link
        /// ends.
        Duration retry_refused_after{};
        /// It replaces the client with the same identity, once all of its services are registered and healthy.
        bool replaces = false;
        /// Servers of a cluster to be connected to: 1 or 2.
        unsigned redundancy = 1;
        /// The worker of each trunk: those to the first server, then as many to the second one. A worker may be listed
        /// several times. Empty: one trunk to each, on the link's own worker.
        std::vector<runtime::Worker*> trunk_workers{};
        /// Called on the link's worker when it has learned which other servers of the cluster it may use, beside
        /// ClientShared::servers, and when these change. May be empty.
        std::function<void(const std::vector<net::HostPort>&)> on_servers{};
        /// Called on the link's worker with a request of the server's administrator about this client's services;
        /// answer() sends the answer, with the same number. Empty: such requests are ignored.
        std::function<void(std::uint64_t, const wire::Manage&)> on_manage{};
        /// If a round trip takes this long, or longer, there is only one trunk.
        Duration near_threshold = Duration::max();
    };

    ClientLink(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const Settings& settings,
               std::function<void(const LinkNotice&)> notify);
    /// To be called when no worker runs any more, or on the one worker on which everything lives.
    ~ClientLink() override;
    ClientLink(const ClientLink&) = delete;
    ClientLink& operator=(const ClientLink&) = delete;

    void add(backend::ClientService service) { registration_.add(std::move(service)); }
    void remove(std::uint32_t id);
    /// Gives a service another backend, for visitors from now on. The server is not informed, so everything else must
    /// be unchanged.
    void set_backend(backend::ClientService service) { registration_.set_backend(std::move(service)); }
    /// Replaces services by others. Ports and hosts that the server had chosen for the old ones are requested again.
    using Replacement = ServiceReplacement;
    void replace(std::vector<Replacement> replacements);
    /// Services of other clients that visitors here reach.
    VisitListeners& visits() noexcept { return visits_; }
    /// Logs in with this token from now on. Open trunks get a fresh session with it, which replaces the present one
    /// when it has all services: visitors notice nothing.
    void set_token(login::Token token);
    /// Sends a recorded request to the backend of a service again. `ticket` is kept until the replay is over.
    struct Replay {
        std::uint32_t service = 0;
        std::string request;
        std::uint64_t record_id = 0;  // the id of its record
        std::uint64_t replay_of = 0;
    };
    void replay(Replay replay, PermitPtr ticket);
    /// Sends the answer to a request, if the session that received it, `number`, still exists.
    void answer(std::uint64_t number, const wire::Managed& answer);
    void start();
    /// Accepts no new visitors; `stopped` follows when the present ones have finished.
    void drain();
    /// Stops now; `stopped` follows, perhaps from within this call.
    void stop();

    bool connected() const noexcept { return trunks_.states().open_count() > 0; }
    bool stopped() const noexcept { return phase_ == LinkPhase::stopped; }

private:
    void on_trunk_open(std::size_t place, const login::Agreement& agreed, const std::string& transport,
                       Duration round_trip) override;
    void on_trunk_message(std::size_t place, const wire::ControlMessage& message) override;
    void on_trunk_draining(std::size_t place, wire::Code code, const std::string& text) override;
    void on_trunk_retired(std::size_t place, const std::string& text) override;
    void on_trunk_waiting(std::size_t place, const trunk::TrunkEnd& why) override;
    void on_trunk_resumed(std::size_t place) override;
    void on_trunk_end(std::size_t place, const trunk::TrunkEnd& end, bool was_open) override;
    void on_retired_end(std::size_t place) override;

    TrunkSet::Settings trunk_settings() const;
    LinkNotice notice_of(std::size_t place, LinkNotice::Kind kind) const;
    void trunk_lost(std::size_t place, const trunk::TrunkEnd& end, const LinkNotice& why);
    void tunnel_down(std::size_t place, const trunk::TrunkEnd& end, const LinkNotice& why);
    void went_elsewhere(std::size_t place, const trunk::TrunkEnd& end);
    Duration wait_after(const LinkNotice& why, bool tries_another);
    void end_permanently(wire::Code code, const std::string& text, bool was_open);
    void on_registered(std::size_t place, const wire::Registered& message);
    void on_replaced(const wire::Replaced& message);
    void finish_if_drained(wire::Code code, const std::string& text);
    void finish(wire::Code code, const std::string& text);
    void cancel_timers();

    const Settings settings_;
    LinkPhase phase_ = LinkPhase::idle;
    bool draining_reported_ = false;
    unsigned failed_ = 0;                                      // failed attempts, each at all servers, in a row
    std::optional<std::pair<wire::Code, std::string>> final_;  // why the link ends, if the server is the reason
    ServerVerdict verdict_;
    OfferedServices services_;
    TrunkSet trunks_;
    const LinkContext at_;
    OfferedHealth health_;
    ClientRegistration registration_;
    ClientHandover handover_;
    VisitListeners visits_;
    std::unique_ptr<backend::OriginalsExpiry> originals_watch_{};  // null if nothing is recorded, or it has ended
};

}  // namespace ferrotunnel::session
