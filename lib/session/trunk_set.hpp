// The trunks of a client's link: which of them connects, when, and how long each waits.
//
//   idle --connect--> connecting --login--> open --lost--> idle, or waiting (its own back-off) --> connecting
//                                           open --retired by the server--> idle, or waiting --> connecting
//
// While no trunk is open, only the first one tries, under a new epoch and with the tunnel's back-off; the others follow
// when it is open, unless the server is far.
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

namespace ferrotunnel::session {

/// Lives on the link's worker. It decides when a trunk connects, and the link when to stop: functions that connect are
/// to be called only while the link runs.
class TrunkSet {
public:
    struct Settings {
        Backoff::Settings backoff;
        Backoff::Settings tunnel_backoff;
        std::vector<runtime::Worker*> workers;  // one per trunk; at least one
        Duration near_threshold;                // a round trip that long, or longer, counts as far
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
    /// Connects the idle trunks, unless the server is far.
    void connect_idle();
    /// Connects the first trunk after this time.
    void connect_first_in(Duration wait) { first_timer_.set_after(wait); }
    /// How long the tunnel waits for its next attempt.
    Duration next_tunnel_wait() { return tunnel_backoff_.next_wait(); }
    /// Connects the trunk again when its own back-off is over; returns that time.
    Duration retry(std::size_t place);
    /// Makes a fresh session to replace one that has retired.
    void rotate(std::size_t place);
    /// No trunk connects by itself any more.
    void cancel();
    /// Cancels the waits of single trunks: only the first trunk is to connect.
    void cancel_retries();

    // Reports of the trunks.
    void on_open(std::size_t place, const login::Agreement& agreed);
    /// The first trunk of the tunnel is open, with this round trip.
    void on_up(Duration round_trip);
    void on_draining(std::size_t place) { states_.at(place).draining = true; }
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
        std::unique_ptr<ClientTrunk> trunk;
        std::unique_ptr<Backoff> backoff;
        std::unique_ptr<runtime::Timer> retry;
        TimePoint opened_at{};
        std::optional<TimePoint> rotated_at{};
        bool old_token = false;  // the login may have used an earlier token
    };

    void connect(std::size_t place);
    void on_retry(std::size_t place);

    const Needs needs_;
    const Duration rotates_at_most_every_;
    const Duration near_threshold_;
    Backoff tunnel_backoff_;
    runtime::Timer first_timer_;
    TrunkStates states_;
    std::vector<Slot> slots_;
    std::uint64_t epoch_ = 0;
    std::uint64_t attempt_ = 0;
    std::uint64_t logins_ = 0;
    bool is_far_ = false;
};

}  // namespace ferrotunnel::session
