// The sides of a client's link: the server that each is at, or dials next, and when.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/timer.hpp"
#include "session/backoff.hpp"
#include "session/client_shared.hpp"
#include "session/server_choice.hpp"
#include "session/server_moves.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// Lives on the link's worker.
class LinkSides {
public:
    struct Settings {
        unsigned count = 1;
        Backoff::Settings backoff{};
        /// Called when the list of servers that were learned has changed. May be empty.
        std::function<void(const std::vector<net::HostPort>&)> on_servers{};
    };
    /// `due`: called when it is time for the side's first trunk to connect.
    LinkSides(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, Settings settings,
              std::function<void(unsigned side)> due);

    unsigned count() const noexcept { return static_cast<unsigned>(sides_.size()); }

    /// Begins an epoch at the server that the side dials now; there must be no trunk of an earlier one that connects.
    /// False: there is no server to dial now, and `due` may follow.
    bool begin(unsigned side);
    /// The next login of the side's epoch.
    ClientLogin next_login(unsigned side);
    const ServerTarget& server(unsigned side) const { return *sides_[side].server; }

    /// A trunk of the side has logged in.
    ServerChoice::Fit on_open(unsigned side, const login::Agreement& agreed);
    /// The side's first trunk is open, with this round trip.
    void on_up(unsigned side, Duration round_trip, Duration near_threshold);
    bool is_far(unsigned side) const noexcept { return sides_[side].is_far; }
    void session_ended(unsigned side, Duration lived, bool in_order);
    /// The side has no trunk any more, open or connecting. True: it tries another server at once; false: it has tried
    /// all, or the one that it has lost is to be tried again.
    bool on_lost(unsigned side, const trunk::TrunkEnd& end, bool was_open, bool in_order);
    /// The side's server drains. False: there is no other one.
    bool move_on(unsigned side);
    /// It has left that server.
    void on_left(unsigned side) noexcept { choice_.lost(side); }

    bool is_wanted(unsigned side) const noexcept { return choice_.is_wanted(side); }
    /// How long the side waits before it dials. `at_once`: a random moment within limits::next_server_spread, so that
    /// not all clients dial together; otherwise, and after too many moves in a row, its back-off.
    Duration next_wait(unsigned side, bool at_once);
    void wait(unsigned side, Duration time) { sides_[side].timer->set_after(time); }
    bool is_waiting(unsigned side) const noexcept { return sides_[side].timer->is_set(); }
    void cancel(unsigned side) { sides_[side].timer->cancel(); }

private:
    struct Side {
        Side(Random& random, const Backoff::Settings& settings)
            : backoff(random, settings), moves(settings.lived_long) {}

        Backoff backoff;
        ServerMoves moves;
        std::unique_ptr<runtime::Timer> timer{};
        std::shared_ptr<const ServerTarget> server{};
        std::uint64_t epoch = 0;
        std::uint64_t attempt = 0;
        bool is_far = false;
    };

    void leaves(unsigned side);
    void report_servers();

    runtime::Worker& worker_;
    const std::shared_ptr<ClientShared> shared_;
    const std::function<void(const std::vector<net::HostPort>&)> on_servers_;
    ServerChoice choice_;
    std::vector<Side> sides_;
    const std::shared_ptr<ServerInstances> instances_;  // null if there is one side
    std::vector<net::HostPort> reported_;               // ascending
    std::uint64_t epoch_ = 0;
};

}  // namespace ferrotunnel::session
