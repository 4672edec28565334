// The trunks of a client's link: which of them connects, when, and how long each waits.
//
//   idle --connect--> connecting --login--> open --lost--> idle, or waiting (its own back-off) --> connecting
//                                           open --retired by the server--> idle, or waiting --> connecting
//                                           open --leaves a server that drains--> idle
//
// A link has one side or two: each side's trunks are at one server (link_sides.hpp). While no trunk of a side is open,
// only its first one tries, under a new epoch and with the side's back-off; the others follow when it is open, unless
// the server is far. While no trunk at all is open, only the first side tries.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/timer.hpp"
#include "session/backoff.hpp"
#include "session/client_trunk.hpp"
#include "session/link_context.hpp"
#include "session/link_sides.hpp"

namespace ferrotunnel::session {

/// Lives on the link's worker. It decides when a trunk connects, and the link when to stop: functions that connect are
/// to be called only while the link runs.
class TrunkSet {
public:
    struct Settings {
        Backoff::Settings backoff;
        Backoff::Settings tunnel_backoff;
        std::vector<runtime::Worker*> workers;  // one per trunk; at least one for each side, and equally many
        Duration near_threshold;                // a round trip that long, or longer, counts as far
        unsigned sides = 1;
        /// Called when the list of servers that were learned has changed. May be empty.
        std::function<void(const std::vector<net::HostPort>&)> on_servers{};
    };
    struct Needs {
        runtime::Worker& worker;  // of the link
        const std::shared_ptr<ClientShared> shared;
        const std::shared_ptr<const backend::ServiceTable> services;
        const LinkPhase& phase;
        ClientTrunkEvents& events;             // the link
        std::function<bool()> wants_handover;  // wants to replace another client; stated in each login
    };

    TrunkSet(Needs needs, const Settings& settings);
    TrunkSet(const TrunkSet&) = delete;
    TrunkSet& operator=(const TrunkSet&) = delete;

    const TrunkStates& states() const noexcept { return states_; }

    /// Connects the first trunk, unless a trunk is open or connecting.
    void connect_first();
    /// Connects the idle trunks of sides that are open and not far, and the first one of a side that is wanted.
    void connect_idle();
    /// Connects the first trunk after this time.
    void connect_first_in(Duration wait) { sides_.wait(0, wait); }
    /// Connects the trunk again when its own back-off is over; returns that time.
    Duration retry(std::size_t place);
    /// Connects the trunk that has ended, or its side, after the time that is returned. For a link that is open.
    Duration reconnect(std::size_t place, const trunk::TrunkEnd& end, bool was_open);
    /// Notes that no trunk is open or connecting. True: another server may be tried at once.
    bool tries_another(std::size_t place, const trunk::TrunkEnd& end, bool was_open);
    /// How long the first trunk then waits.
    Duration next_tunnel_wait(bool at_once) { return sides_.next_wait(0, at_once); }
    /// Makes a fresh session to replace one that has retired.
    void rotate(std::size_t place);
    /// Leaves a server that drains, with all trunks of that side, if there is another one.
    void leave_draining(std::size_t place);
    /// No trunk connects by itself any more.
    void cancel();
    /// Cancels the waits of single trunks, and of the second side: only the first trunk is to connect.
    void cancel_retries();

    // Reports of the trunks.
    /// False: the side must not be at that server, and the session ends.
    bool on_open(std::size_t place, const login::Agreement& agreed);
    /// The first trunk of the side is open, with this round trip.
    void on_up(Duration round_trip, unsigned side = 0);
    void on_draining(std::size_t place) { states_.at(place).draining = true; }
    void on_detached(std::size_t place, bool detached) { states_.at(place).detached = detached; }
    void on_retired(std::size_t place);
    void on_retired_end(std::size_t place) { --states_.at(place).retiring; }
    void on_end(std::size_t place, const trunk::TrunkEnd& end, bool was_open);

    /// The token has changed: open trunks get a fresh session with the new one.
    void use_new_token();
    /// Renews the session of the trunk if it has logged in with an earlier token.
    void renew_if_outdated(std::size_t place);

    void drain(const std::string& text);
    void end(const std::string& text);
    void send(std::size_t place, std::vector<wire::ControlPayload> messages);
    /// Sends to retired sessions of the trunk, too.
    void send_to_all(std::size_t place, wire::ControlPayload message);
    void visit(std::size_t place, std::shared_ptr<const VisitPlan> plan, directory::Visitor visitor);

private:
    struct Slot {
        std::unique_ptr<ClientTrunk> trunk{};  // null before it connects for the first time
        std::unique_ptr<Backoff> backoff{};
        std::unique_ptr<runtime::Timer> retry{};
        TimePoint opened_at{};
        std::optional<TimePoint> rotated_at{};
        bool old_token = false;  // the login may have used an earlier token
    };

    std::size_t first_of(unsigned side) const noexcept { return side * states_.per_side(); }
    Slot& made(std::size_t place);
    void connect(std::size_t place);
    void connect_side(unsigned side);
    void on_due(unsigned side);
    void on_retry(std::size_t place);
    void cancel_retries(unsigned side);
    void leave(std::size_t place, const std::string& why);
    void log_misfit(std::size_t place, ServerChoice::Fit fit) const;

    const Needs needs_;
    const std::vector<runtime::Worker*> workers_;
    const Backoff::Settings backoff_;
    const Duration near_threshold_;
    LinkSides sides_;
    TrunkStates states_;
    std::vector<Slot> slots_;
    std::uint64_t logins_ = 0;
};

}  // namespace ferrotunnel::session
