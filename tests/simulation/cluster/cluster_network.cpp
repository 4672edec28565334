#include "simulation/cluster/cluster_network.hpp"

#include <algorithm>
#include <string>

#include "cluster/limits.hpp"
#include "simulation/cluster/cluster_text.hpp"

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

ClusterNetwork::ClusterNetwork(ClusterContext& context, const ClusterProfile& profile, const MemberList& members)
    : context_(context), profile_(profile), members_(members) {
    for (Index one = 0; one < profile.members; ++one) {
        for (Index other = static_cast<Index>(one + 1); other < profile.members; ++other) {
            paths_[{one, other}];
        }
    }
}

// --- connections ---

void ClusterNetwork::member_started(Index index) {
    for (auto& [pair, path] : paths_) {
        if (pair.first == index) {
            path.is_dialling = false;  // what the process before has planned
            dial_later(pair, context_.between(10ms, 1s));
        }
    }
}

void ClusterNetwork::dial_later(Pair pair, Duration time) {
    Path& path = paths_.at(pair);
    if (path.is_dialling || !member(pair.first).is_alive()) {
        return;
    }
    path.is_dialling = true;
    context_.events.after(time, [this, pair, incarnation = member(pair.first).incarnation()] {
        if (incarnation == member(pair.first).incarnation()) {
            paths_.at(pair).is_dialling = false;
            dial(pair);
        }
    });
}

void ClusterNetwork::dial(Pair pair) {
    Path& path = paths_.at(pair);
    if (!member(pair.first).is_running() || !member(pair.second).is_running() || path.stalls[0] + path.stalls[1] > 0) {
        dial_later(pair, context_.between(200ms, 3s));
        return;
    }
    const auto connection = std::make_shared<Connection>();
    const bool is_slow = context_.random.chance(profile_.slow) && era_ == 0;
    for (std::size_t i = 0; i < 2; ++i) {
        End& end = connection->ends[i];
        end.member = i == 0 ? pair.first : pair.second;
        end.incarnation = member(end.member).incarnation();
        end.link = ++last_link_;
        links_[end.link] = {connection, i};
        Pipe& pipe = connection->pipes[i];
        pipe.room = is_slow ? 1 : context_.random.between(1, 8);
        pipe.pull_delay = !is_slow                     ? Duration(0)
                          : context_.random.chance(75) ? context_.between(100ms, 2s)
                                                       : context_.between(2s, 15s);
    }
    path.connection = connection;
    path.trouble = context_.events.now();
    ++context_.counts.links;
    context_.tell([&] {
        return cluster_member_name(pair.first) + " connects to " + cluster_member_name(pair.second) +
               (is_slow ? ", slowly" : "");
    });
    for (std::size_t i = 0; i < 2; ++i) {
        push(connection, i, member(connection->ends[i].member).reg().hello());
    }
}

void ClusterNetwork::push(const Shared& connection, std::size_t from, const Message& message) {
    const std::vector<std::uint8_t> bytes = cluster::encode(message);
    cluster_rule(bytes.size() <= cluster::limits::message_max, "a message has at most message_max bytes");
    Pipe& pipe = connection->pipes[from];
    const TimePoint now = context_.events.now();
    pipe.last_arrival = std::max(pipe.last_arrival, now + context_.between(100us, profile_.delay_max));
    ++pipe.unread;
    ++context_.counts.messages;
    if (!connection->is_cut) {
        pipe.queue.emplace_back(pipe.last_arrival, bytes);
        context_.events.after(pipe.last_arrival - now, [this, connection, from] { arrive(connection, from); });
    }
}

void ClusterNetwork::arrive(const Shared& connection, std::size_t from) {
    Pipe& pipe = connection->pipes[from];
    while (!pipe.queue.empty() && pipe.queue.front().first <= context_.events.now() &&
           path_of(*connection).stalls[from] == 0) {
        auto bytes = std::move(pipe.queue.front().second);
        pipe.queue.pop_front();
        const End& to = connection->ends[1 - from];
        member(to.member).in_process(to.link, to.incarnation, [this, connection, from, bytes = std::move(bytes)] {
            receive(connection, 1 - from, bytes);
        });
    }
}

void ClusterNetwork::receive(const Shared& connection, std::size_t to, const std::vector<std::uint8_t>& bytes) {
    End& end = connection->ends[to];
    const Index peer = connection->ends[1 - to].member;
    if (end.is_closed) {
        return;
    }
    const auto message = cluster::decode(Bytes(bytes));
    cluster_rule(static_cast<bool>(message), "what a member sends can be decoded");
    context_.tell([&] {
        return "    " + cluster_member_name(peer) + " > " + cluster_member_name(end.member) + ": " +
               cluster_text(*message);
    });
    on_received_(peer, connection->ends[1 - to].incarnation, end.member, *message);
    member(end.member).call([&](cluster::Register& one, TimePoint now) {
        if (end.is_up) {
            return one.received(end.link, *message, now);
        }
        auto effects = one.connected(end.link, std::get<cluster::Hello>(*message), now);
        cluster_rule(static_cast<bool>(effects), "a member of the list is not refused");
        end.is_up = true;
        end.has_message = true;
        return std::move(*effects);
    });
    --connection->pipes[1 - to].unread;
    pull_later(connection, to);
    pull_later(connection, 1 - to);
}

// --- pulled messages ---

void ClusterNetwork::ready(Index index, LinkId link) {
    const auto& [connection, end] = links_.at(link);
    cluster_rule(connection->ends[end].member == index, "a member is ready for a link of its own");
    connection->ends[end].has_message = true;
    pull_later(connection, end);
}

void ClusterNetwork::pull_later(const Shared& connection, std::size_t end) {
    if (!connection->ends[end].is_pulling) {
        connection->ends[end].is_pulling = true;
        const Duration delay = connection->pipes[end].pull_delay;
        context_.events.after(delay > Duration(0) ? context_.around(delay) : Duration(0), [this, connection, end] {
            const End& one = connection->ends[end];
            member(one.member).in_process(one.link, one.incarnation, [this, connection, end] {
                pull(connection, end);
            });
        });
    }
}

void ClusterNetwork::pull(const Shared& connection, std::size_t end) {
    End& one = connection->ends[end];
    Pipe& pipe = connection->pipes[end];
    one.is_pulling = false;
    while (one.is_up && !one.is_closed && one.has_message && pipe.unread < pipe.room) {
        const auto message = member(one.member).next(one.link);
        if (!message) {
            one.has_message = false;  // until the register says so
            break;
        }
        push(connection, end, *message);
    }
}

// --- connections are lost ---

void ClusterNetwork::close(const Shared& connection, std::size_t end) {
    End& one = connection->ends[end];
    ClusterMember& own = member(one.member);
    if (one.is_closed || one.incarnation != own.incarnation()) {
        return;
    }
    one.is_closed = true;
    context_.tell([&] {
        return cluster_member_name(one.member) + " has lost its link to " +
               cluster_member_name(connection->ends[1 - end].member);
    });
    if (one.is_up) {
        own.call([&one](cluster::Register& reg, TimePoint now) { return reg.disconnected(one.link, now); });
    }
    if (end == 0) {
        dial_later({one.member, connection->ends[1].member}, context_.between(50ms, 3s));
    }
}

// What is in flight is lost, now and then only in one direction.
void ClusterNetwork::lose(const Shared& connection, Duration notice_max) {
    path_of(*connection).trouble = context_.events.now();
    if (!connection->is_cut) {
        connection->is_cut = true;
        const std::size_t kept = context_.random.below(4);
        for (std::size_t i = 0; i < 2; ++i) {
            if (i != kept) {
                connection->pipes[i].queue.clear();
            }
        }
    }
    for (std::size_t i = 0; i < 2; ++i) {
        context_.events.after(context_.between(0s, notice_max), [this, connection, i] {
            const End& end = connection->ends[i];
            member(end.member).in_process(end.link, end.incarnation, [this, connection, i] { close(connection, i); });
        });
    }
}

void ClusterNetwork::member_crashed(Index index) {
    for (auto& [pair, path] : paths_) {
        if ((pair.first == index || pair.second == index) && path.connection) {
            lose(path.connection, context_.random.chance(50) ? 200ms : 11s);
        }
    }
}

void ClusterNetwork::member_hung(Index index) {
    for (auto& [pair, path] : paths_) {
        if ((pair.first == index || pair.second == index) && path.connection) {
            path.trouble = context_.events.now();
            context_.events.after(context_.between(8s, 12s),
                                  [this, index, connection = path.connection, hangs = member(index).hangs()] {
                                      if (!member(index).is_running() && member(index).hangs() == hangs) {
                                          lose(connection, 1s);
                                      }
                                  });
        }
    }
}

void ClusterNetwork::cut() {
    auto chosen = paths_.begin();
    std::advance(chosen, static_cast<std::ptrdiff_t>(context_.random.below(paths_.size())));
    if (chosen->second.connection && !chosen->second.connection->is_cut) {
        context_.tell([&] {
            return "the link of " + cluster_member_name(chosen->first.first) + " and " +
                   cluster_member_name(chosen->first.second) + " is cut";
        });
        lose(chosen->second.connection, context_.random.chance(60) ? 100ms : 10s);
    }
}

void ClusterNetwork::cut_soon(Index one, Index other) {
    const Pair pair{std::min(one, other), std::max(one, other)};
    if (era_ == 0 && paths_.at(pair).connection && !paths_.at(pair).connection->is_cut) {
        context_.events.after(context_.between(0s, profile_.delay_max),
                              [this, connection = paths_.at(pair).connection] { lose(connection, 100ms); });
        if (context_.random.chance(50)) {  // and is back only later
            const Duration time = context_.between(1s, 40s);
            stall(pair, 0, time);
            stall(pair, 1, time);
        }
    }
}

// --- partitions ---

void ClusterNetwork::partition(Duration time) {
    ++context_.counts.partitions;
    const std::size_t directions = context_.random.below(4);  // 0, 1: that one; else both
    const auto chosen_member = static_cast<Index>(context_.random.below(profile_.members));
    const std::size_t chosen_pair = context_.random.below(paths_.size());
    const bool is_whole = context_.random.chance(50);
    std::size_t number = 0;
    for (auto& [pair, path] : paths_) {
        const bool is_chosen =
            is_whole ? pair.first == chosen_member || pair.second == chosen_member : number == chosen_pair;
        ++number;
        for (std::size_t i = 0; i < 2 && is_chosen; ++i) {
            if (directions != 1 - i) {
                stall(pair, i, time);
            }
        }
    }
}

void ClusterNetwork::stall(Pair pair, std::size_t direction, Duration time) {
    Path& path = paths_.at(pair);
    ++path.stalls[direction];
    path.trouble = context_.events.now();
    context_.tell([&] {
        return "nothing arrives from " + cluster_member_name(direction == 0 ? pair.first : pair.second) + " at " +
               cluster_member_name(direction == 0 ? pair.second : pair.first);
    });
    context_.events.after(time, [this, pair, direction, era = era_] {
        if (era == era_) {
            unstall(pair, direction);
        }
    });
    if (path.connection) {
        const Duration patience = context_.between(8s, 12s);
        if (time > patience) {
            context_.events.after(patience, [this, connection = path.connection, era = era_] {
                if (era == era_) {
                    lose(connection, 1s);
                }
            });
        }
    }
}

void ClusterNetwork::unstall(Pair pair, std::size_t direction) {
    Path& path = paths_.at(pair);
    --path.stalls[direction];
    path.trouble = context_.events.now();
    if (path.connection) {
        arrive(path.connection, direction);
    }
}

void ClusterNetwork::mend() {
    ++era_;
    for (auto& [pair, path] : paths_) {
        for (std::size_t i = 0; i < 2; ++i) {
            if (path.stalls[i] > 0) {
                path.stalls[i] = 1;
                unstall(pair, i);
            }
        }
        path.trouble = context_.events.now();
        if (path.connection) {
            path.connection->pipes[0].pull_delay = path.connection->pipes[1].pull_delay = Duration(0);
        }
    }
}

TimePoint ClusterNetwork::last_trouble(Index one, Index other, bool slow_counts) const {
    const Path& path = paths_.at({std::min(one, other), std::max(one, other)});
    const bool is_linked = path.connection && !path.connection->is_cut && path.connection->ends[0].is_up &&
                           path.connection->ends[1].is_up && path.stalls[0] + path.stalls[1] == 0;
    const bool is_slow = slow_counts && path.connection && path.connection->pipes[0].pull_delay > Duration(0);
    return !is_linked || is_slow ? context_.events.now() : path.trouble;
}

}  // namespace ferrotunnel::simulation
