// The links of a simulated cluster: each pair's smaller member dials the other, again and again.
//
// Messages of one connection arrive in order, encoded, with a delay. A member pulls the next one only when the pipe has
// room: some pipes have room late. A connection is cut (what is in flight is lost, and each end notices at its own
// time), or one or both directions of a pair stall: what is sent waits, and after ten seconds both ends close. The
// dialler can be back before the listener has noticed anything.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "cluster/message.hpp"
#include "simulation/cluster/cluster_member.hpp"

namespace ferrotunnel::simulation {

class ClusterNetwork {
public:
    using Index = ClusterMember::Index;
    using LinkId = ferrotunnel::cluster::LinkId;
    using Message = ferrotunnel::cluster::Message;
    using MemberList = std::vector<std::unique_ptr<ClusterMember>>;
    /// Sees every message, before it is received; `incarnation` is the sender's.
    using Observer = std::function<void(Index from, std::uint64_t incarnation, Index to, const Message& message)>;

    ClusterNetwork(ClusterContext& context, const ClusterProfile& profile, const MemberList& members);

    void on_received(Observer observer) { on_received_ = std::move(observer); }

    void member_started(Index index);
    void member_crashed(Index index);
    void member_hung(Index index);

    /// A random connection is lost.
    void cut();
    /// A random pair, or a member with all others, cannot exchange messages for some time, in one direction or both.
    void partition(Duration time);
    /// From now on nothing is slow, and nothing stalls.
    void mend();

    /// The register of this member has a message for the link.
    void ready(Index index, LinkId link);
    /// The pair's connection is lost, soon after this message has arrived.
    void cut_soon(Index one, Index other);
    /// When the pair last had a stall, or no connection; or one that is slow, if that counts.
    TimePoint last_trouble(Index one, Index other, bool slow_counts) const;

private:
    struct Pipe {
        std::deque<std::pair<TimePoint, std::vector<std::uint8_t>>> queue;  // in flight
        std::size_t unread = 0;  // in flight, or waits in a process that hangs
        std::size_t room = 0;
        Duration pull_delay{};
        TimePoint last_arrival{};
    };
    // 0 is the dialler. Pipe 0 leads from it to the listener.
    struct End {
        Index member = 0;
        std::uint64_t incarnation = 0;
        LinkId link = 0;
        bool is_up = false;      // it has received the peer's hello
        bool is_closed = false;  // the register has been told
        bool has_message = false;
        bool is_pulling = false;
    };
    struct Connection {
        std::array<End, 2> ends;
        std::array<Pipe, 2> pipes;
        bool is_cut = false;
    };
    using Shared = std::shared_ptr<Connection>;
    struct Path {
        std::array<int, 2> stalls{};  // how many faults stall each direction
        Shared connection;            // the latest
        TimePoint trouble{};
        bool is_dialling = false;
    };
    using Pair = std::pair<Index, Index>;  // the smaller one first

    Path& path_of(const Connection& connection) {
        return paths_.at({connection.ends[0].member, connection.ends[1].member});
    }
    ClusterMember& member(Index index) { return *members_[index]; }
    void dial_later(Pair pair, Duration time);
    void dial(Pair pair);
    void push(const Shared& connection, std::size_t from, const Message& message);
    void pull_later(const Shared& connection, std::size_t end);
    void pull(const Shared& connection, std::size_t end);
    void arrive(const Shared& connection, std::size_t from);
    void receive(const Shared& connection, std::size_t to, const std::vector<std::uint8_t>& bytes);
    void lose(const Shared& connection, Duration notice_max);
    void close(const Shared& connection, std::size_t end);
    void stall(Pair pair, std::size_t direction, Duration time);
    void unstall(Pair pair, std::size_t direction);

    ClusterContext& context_;
    const ClusterProfile& profile_;
    const MemberList& members_;
    Observer on_received_;
    std::map<Pair, Path> paths_;
    std::map<LinkId, std::pair<Shared, std::size_t>> links_;
    LinkId last_link_ = 0;
    std::uint64_t era_ = 0;  // faults of an earlier one have been mended
};

}  // namespace ferrotunnel::simulation
