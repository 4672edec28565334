// All links of a member: which are dialled and accepted, and what each becomes.
//
//   dial (to members with greater names), accept (from the others) --TLS with the cluster's key, link hello--> Link
//      control: one for each member, RegisterChannel    data: one for each worker of the dialling side, PeerCarrier
//
// Lost links are dialled again after 0.2 s to 5 s (jittered), for ever.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "peers/arrivals.hpp"
#include "peers/peer_carrier.hpp"
#include "peers/register_access.hpp"
#include "runtime/address.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::peers {

/// Another member of the list.
struct PeerSettings {
    std::string name;
    std::string host;  // name or address to dial
    std::uint16_t port = 0;
};

/// What is known of a member, for status.
struct PeerState {
    std::string name;
    std::string address;       // as configured
    bool linked = false;       // the control link is up
    std::size_t data_links = 0;
    std::uint64_t streams = 0;
    std::uint64_t forwarded = 0;
    std::string agent;         // of its hello
    Duration round_trip{};     // the shortest on the control link; zero: not known
    std::string problem;       // why there is no control link; empty: none yet
    TimePoint since{};         // since when it is linked, or not
};

class Links {
public:
    struct Settings {
        std::string own;
        std::vector<PeerSettings> peers;
        /// Read again by set_keys.
        std::shared_ptr<const transport::ClusterKeys> keys;
    };
    struct Needs {
        runtime::WorkerGroup& workers;
        RegisterAccess& names;  // outlives this
        Arrivals& arrivals;     // likewise
        Logger& log;
        Random& random;
    };
    Links(Settings settings, Needs needs);
    ~Links();

    /// In the order of Settings::peers.
    const std::vector<std::shared_ptr<PeerCarrier>>& carriers() const noexcept;
    /// The first worker accepts on `listener`, and dials. Any thread.
    void start(runtime::Fd listener);
    /// New connections use these keys; present links stay.
    void set_keys(std::shared_ptr<const transport::ClusterKeys> keys);
    /// Dials no more and accepts no more; links stay for the visitors on them.
    void drain() noexcept;
    /// Ends all links. When no worker runs any more, or on the first one.
    void stop() noexcept;
    /// In the order of Settings::peers. Thread-safe.
    std::vector<PeerState> states() const;
    /// Connections refused before their proof was complete, or for a wrong one.
    std::uint64_t refused() const noexcept;

private:
    struct Parts;
    const std::unique_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::peers
