// The cluster of a server: its register, its links, and what the register decides, carried out in directory and ports.
//
//   sessions --ClusterClaims--> Cluster (cluster::Register, one lock, a timer) --RegisterAccess--> Links
//                                  '--effects--> decisions, revocations, probes; HttpDirectory::set_remote,
//                                                PortTable::set_remote with PeerCarriers
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "directory/cluster_claims.hpp"
#include "ingress/http_front.hpp"
#include "peers/links.hpp"
#include "peers/member_finder.hpp"
#include "peers/name_page.hpp"
#include "peers/name_store.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker_group.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::peers {

/// For status and metrics.
struct ClusterState {
    std::string own;
    cluster::Decides decides = cluster::Decides::homes;  // what this member asks about names
    bool recovering = false;
    std::size_t waiting = 0;  // Register::waiting()
    std::size_t own_names = 0;
    std::size_t memory = 0;  // of the table, in bytes
    struct Member : PeerState {
        std::size_t names = 0;  // that its clients have
        /// What it asks about names; none if it is not linked.
        std::optional<cluster::Decides> decides{};
    };
    std::vector<Member> members;             // the others
    std::vector<std::string> partial_ports;  // "tcp 2222": cannot be opened here
    /// "tcp 2222 at b (Address already in use)": of own clients, and other members cannot open it.
    std::vector<std::string> own_partial_ports;
    std::optional<StoreState> store;    // none: the members decide themselves
    std::optional<FinderState> finder;  // likewise
};

/// Where a name is, for `route` and `services`.
struct NamePlace {
    std::string home;                  // the member that decides about it; empty: etcd does
    std::vector<std::string> members;  // that have it, this one included, the preferred one first
    bool provisional = false;
};

class Cluster final {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;  // gets the claims and the way to remote private services
        ingress::HttpFront* front;                      // null without HTTP
        Logger& log;
        Random& random;
        std::function<void()> announce{};  // ServerShared::port_note has changed; on the first worker
        Links::OnControl on_control{};
        std::optional<StorePlace> store{};  // none: the members decide about names themselves
    };
    Cluster(Links::Settings settings, Needs needs);
    ~Cluster();

    void start(runtime::Fd listener);
    void set_keys(std::shared_ptr<const transport::ClusterKeys> keys);
    void drain() noexcept;
    /// Another process is about to have this member's place: routes to other members stay as they are now, also if the
    /// links by which the register learns are lost. Any thread.
    void freeze() noexcept;
    /// After drain(): other members open no more streams here.
    void hand_over() noexcept;
    void stop() noexcept;

    ClusterState state() const;
    NamePlace place_of(const directory::ClaimName& name) const;
    /// Names that clients of all members have: the page at this position, 0 at first.
    NamePage names(std::size_t position) const;
    /// Ends the claims of a member that does not return. An error, for people.
    std::optional<std::string> forget(const std::string& member);
    /// Joins the socket with the control API of another member, later. False if it is not linked. Thread-safe.
    bool send_control(const std::string& member, runtime::Fd socket) const;

private:
    struct Parts;
    const std::shared_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::peers
