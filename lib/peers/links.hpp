// All links of a member: which are dialled and accepted, and what each becomes.
//
//   dial (to members with greater names), accept (from the others) --TLS with the cluster's key, link hello--> Link
//      control: one for each member, RegisterChannel    data: one for each worker of the dialling side, PeerCarrier
//
// Lost links are dialled again after 0.2 s to 5 s (jittered), until the member is forgotten, which those of the list
// never are. A member that has started calls those with smaller names once, and they dial it at once.
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
#include "peers/link.hpp"
#include "peers/peer_carrier.hpp"
#include "peers/register_access.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::peers {

/// Another member.
struct PeerSettings {
    std::string name;
    std::string host;  // name or address to dial
    std::uint16_t port = 0;
};

/// What is known of a member, for status.
struct PeerState {
    std::string name;
    std::string address;     // where it is dialled; else where it has connected from, or empty
    bool is_listed = false;  // it is of Settings::peers
    bool linked = false;     // the control link is up
    std::size_t data_links = 0;
    std::uint64_t streams = 0;
    std::uint64_t forwarded = 0;
    std::string agent;      // of its hello
    Duration round_trip{};  // the shortest on the control link; zero: not known
    std::string problem;    // why there is no control link; empty: none yet
    TimePoint since{};      // since when it is linked, or not
};

class Links {
public:
    struct Settings {
        std::string own;
        std::vector<PeerSettings> peers;
        /// Replaced by set_keys.
        std::shared_ptr<const transport::ClusterKeys> keys;
        LinkSettings link{};
    };
    /// Serves a visitor that a member forwards, on the link's worker, from within the link's on_open (Arrivals).
    using OnStream = std::function<void(runtime::Worker&, IntrusivePtr<mux::Stream>, const wire::Open&)>;
    /// Answers requests of the control API of this member, on a socket. Any thread.
    using OnControl = std::function<void(const std::string& member, runtime::Fd socket)>;
    struct Needs {
        runtime::WorkerGroup& workers;
        RegisterAccess& names;  // outlives this
        OnStream on_stream;
        LinkAccounts accounts;
        Logger& log;
        Random& random;
        OnControl on_control{};  // empty: requests are refused
        /// Visitors can be sent to a member to which there was perhaps no way. On a worker; may be empty.
        std::function<void()> on_way{};
        /// A member that is not of the list is to be known: whether it can be. Any thread, with the table of members
        /// locked, so that the receiver knows exactly those that are in it. Empty: only those of the list are.
        std::function<bool(const std::string& name, const std::shared_ptr<PeerCarrier>&)> on_member{};
        /// Such a member is forgotten: its place is free. Likewise.
        std::function<void(const std::string& name)> on_forgotten{};
        /// After one of both. Any thread, without a lock.
        std::function<void()> on_members{};
    };
    /// Throws transport::TlsConfigError, also for names that are not valid.
    Links(Settings settings, Needs needs);
    ~Links();

    /// In the order of Settings::peers, then of those that were added and not forgotten.
    std::vector<std::shared_ptr<PeerCarrier>> carriers() const;
    /// With Needs::on_member: a member that is dialled at this address, or accepted, from now on. One that is known
    /// gets the address; one of the list keeps its own. False: it cannot be known, or is this member itself.
    /// Thread-safe.
    bool add_member(const PeerSettings& peer);
    /// Forgets a member that was added and has no links. False: it is of the list, has a link, or is not there.
    /// Thread-safe.
    bool forget_member(const std::string& name);
    /// The first worker accepts on `listener`; each worker dials a data link to each member with a greater name, and
    /// the first one also the control link. Any thread.
    void start(runtime::Fd listener);
    /// New connections use these keys; present links stay. Throws like the constructor, and then changes nothing.
    void set_keys(std::shared_ptr<const transport::ClusterKeys> keys);
    /// Dials no more and accepts no more; links stay for the visitors on them.
    void drain() noexcept;
    /// After drain(), when another process has taken this member's place: the others connect to that one. Data links
    /// stay for the visitors of both sides, and only this side opens streams on them.
    void hand_over() noexcept;
    /// Ends all links: soon, or at once if no worker runs any more. Idempotent; any thread.
    void stop() noexcept;
    /// In the order of carriers(). Thread-safe.
    std::vector<PeerState> states() const;
    /// Connections refused before their proof was complete, or for a wrong one.
    std::uint64_t refused() const noexcept;

private:
    struct Parts;
    const std::unique_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::peers
