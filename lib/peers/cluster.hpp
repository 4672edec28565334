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
#include "peers/value_keeping.hpp"
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
    std::optional<ValueState> values;   // likewise: shared values are only in the members' memory
    std::optional<FinderState> finder;  // none: members are those of the list
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
        /// On the first worker, once, with a store: the values that it has are known here.
        std::function<void()> values_read{};
        /// Other members were found or forgotten, with a store. Any thread.
        std::function<void()> on_members{};
    };
    Cluster(Links::Settings settings, Needs needs);
    ~Cluster();

    void start(runtime::Fd listener);
    void set_keys(std::shared_ptr<const transport::ClusterKeys> keys);
    std::shared_ptr<const transport::ClusterKeys> keys() const;
    void drain() noexcept;
    /// Another process is about to have this member's place: routes to other members stay as they are now, also if the
    /// links by which the register learns are lost. Any thread.
    void freeze() noexcept;
    /// After drain(): other members open no more streams here.
    void hand_over() noexcept;
    void stop() noexcept;

    ClusterState state() const;
    NamePlace place_of(const directory::ClaimName& name) const;
    /// The names of the others that are known now. Thread-safe.
    std::vector<std::string> other_members() const;
    /// Names that clients of all members have: the page at this position, 0 at first.
    NamePage names(std::size_t position) const;
    /// Ends the claims of a member that does not return. An error, for people.
    std::optional<std::string> forget(const std::string& member);
    /// What this member knows of shared values, such as for a dump: those whose keys begin so, in order, from the first
    /// key after `after`, at most `most`. One that ends at this moment has no text.
    std::vector<cluster::Value> values(const std::string& prefix, const std::string& after, std::size_t most) const;
    /// Members have the value again, as a change of now. False: it is not valid, or there is no room.
    bool restore_value(const cluster::Value& value);
    /// With a store: calls `stored`, on the first worker, when it has what the key has now. Never, if it gets none of
    /// it, or there is no store.
    void when_stored(const std::string& key, std::function<void()> stored);
    /// Joins the socket with the control API of another member, later. False if it is not linked. Thread-safe.
    bool send_control(const std::string& member, runtime::Fd socket) const;

private:
    struct Parts;
    const std::shared_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::peers
