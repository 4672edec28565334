// Which server each side of a client's link dials (docs/architecture/cluster.md, "Clients at two servers").
//
//   next --> dialled --opened--> there --lost--> the same one again, or --going_away--> the next one
//                    '--failed, occupied--> the next one; after a round of all of them the caller waits
//
// Sans-IO. Times are passed in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "net/host_port.hpp"
#include "wire/cluster_part.hpp"

namespace ferrotunnel::session {

class ServerChoice {
public:
    struct Settings {
        std::vector<net::HostPort> configured;  // tried in this order; at least one
        std::vector<net::HostPort> known{};     // learned and allowed earlier; tried after them
        unsigned sides = 1;                     // 1 or 2
    };
    /// Whether a side may stay at a server: not at that of the other side, nor at one of another cluster.
    enum class Fit : std::uint8_t { fits, occupied, foreign };

    ServerChoice(const Settings& settings, Random& random);

    /// The server that the side dials now, until lost(). Nothing: there is none before again_at().
    std::optional<net::HostPort> next(unsigned side, TimePoint now);
    /// When next() may find a server, if it has found none. TimePoint::max(): when one was learned.
    TimePoint again_at(unsigned side) const;
    /// The side has logged in. `cluster`: of the server, with addresses that the client may use alone.
    Fit opened(unsigned side, const std::optional<wire::ClusterPart>& cluster, TimePoint now);
    /// The side has no session at its server any more.
    void lost(unsigned side) noexcept;
    /// The server could not be reached, or has refused the login. True: another one may be tried at once; false: all
    /// have been.
    bool failed(unsigned side, TimePoint now);
    /// The server drains or stops. True: there is another one.
    bool going_away(unsigned side, TimePoint now);
    /// The server turned out to be that of the other side.
    void occupied(unsigned side, TimePoint now);

    /// Whether there is another server than its own that the side may be at: one of the list, or a member of its
    /// server's cluster, to which the same name may lead.
    bool has_another(unsigned side, TimePoint now) const;
    /// Whether this side is to connect while the other one is open: the other one's server is in a cluster.
    bool is_wanted(unsigned side) const noexcept;
    /// The servers that may be dialled and are not configured, for the next start.
    std::vector<net::HostPort> learned() const;

private:
    struct Server {
        net::HostPort address;
        bool is_configured = false;
        std::string member{};            // its name in the cluster; empty: not known
        TimePoint not_before{};          // as a second server
        Duration next_wait{};            // after it was the other side's server again
        std::uint8_t tried_by_side = 0;  // bits: in the present round of that side
    };
    struct Side {
        std::optional<net::HostPort> at{};  // dialled last
        bool is_taken = false;              // dialling, or open
        bool is_open = false;
        bool moves_on = false;  // next() begins with the one after `at`
        std::optional<wire::ClusterPart> cluster{};
    };

    Server* find(const net::HostPort& address) noexcept;
    const Side* other_of(unsigned side) const noexcept;
    bool is_others(unsigned side, const Server& server) const noexcept;
    bool is_eligible(unsigned side, const Server& server, TimePoint now) const noexcept;
    bool is_untried(unsigned side, const Server& server) const noexcept;
    bool any_untried(unsigned side, TimePoint now) const noexcept;
    std::optional<std::size_t> pick(unsigned side, TimePoint now) const;
    void begin_round(unsigned side) noexcept;
    void learn();
    void add(const net::HostPort& address, const std::string& member);
    Fit fit(unsigned side) const;

    Random& random_;
    std::vector<Server> servers_;
    std::vector<Side> sides_;
};

}  // namespace ferrotunnel::session
