// Members of a cluster in memory: drivers of the register with the claims of sessions, connected by hand.
#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cluster/limits.hpp"
#include "peers/claim_names.hpp"
#include "peers/name_claims.hpp"
#include "peers/register_driver.hpp"
#include "peers/remote_names.hpp"

namespace ferrotunnel::peers::fixture {

using namespace std::chrono_literals;
using directory::ClaimName;
using directory::Refusal;
using Indices = std::vector<cluster::MemberIndex>;

inline directory::ClientId client(std::uint8_t token, std::uint8_t process) {
    directory::ClientId id;
    id.first[0] = token;
    id.second[0] = process;
    return id;
}

inline const directory::ClientId ann = client(1, 1);
inline const directory::ClientId ann_again = client(1, 2);  // another client of the same token
inline const directory::ClientId bob = client(2, 1);

/// One end of a link.
class Peer final : public RegisterPeer {
public:
    explicit Peer(cluster::LinkId link) : link_(link) {}
    void on_ready() noexcept override { is_ready = true; }
    void on_refused(std::string why) noexcept override { refused = std::move(why); }
    cluster::LinkId link() const noexcept { return link_; }

    bool is_ready = false;
    std::optional<std::string> refused;

private:
    const cluster::LinkId link_;
};

/// A claim of a session, with what it was told.
struct Asked {
    std::vector<std::optional<Refusal>> decisions;
    std::vector<Refusal> revocations;
    std::vector<std::function<void(bool)>> probes;  // that wait for their answers
    std::function<void(const std::optional<Refusal>&)> on_decided;
    std::function<void()> on_revoked;
    std::unique_ptr<directory::ClusterClaim> held;

    bool is_granted() const { return decisions.size() == 1 && !decisions.front(); }
    Refusal refusal() const {
        REQUIRE(decisions.size() == 1);
        REQUIRE(decisions.front());
        return *decisions.front();
    }
};

struct Node {
    Node(std::shared_ptr<const cluster::Members> members, std::uint64_t seed, const TimePoint& now)
        : names(std::make_shared<RegisterDriver>(members,
                                                 cluster::Register::Start{seed, seed + 100, now, 1'000'000'000'000},
                                                 [at = &now] { return *at; })),
          claims(std::make_shared<NameClaims>(names)),
          routes(std::make_shared<RemoteNames>(
              names, [this] { is_woken = true; }, [this](const std::vector<RemoteName>& changed) { apply(changed); })) {
        names->set_receivers(claims, routes, [this] { ++deadlines_moved; });
    }

    void apply(const std::vector<RemoteName>& changed) {
        batches.push_back(changed.size());
        for (const RemoteName& name : changed) {
            remote.insert_or_assign(name.name, name);
        }
    }
    /// What was reported about the name.
    RemoteName of(const cluster::Name& name) const {
        const auto found = remote.find(name);
        return found == remote.end() ? RemoteName{name, {}, {}, {}} : found->second;
    }

    std::shared_ptr<RegisterDriver> names;
    std::shared_ptr<NameClaims> claims;
    std::shared_ptr<RemoteNames> routes;
    bool is_woken = false;
    int deadlines_moved = 0;
    std::vector<std::size_t> batches;
    std::map<cluster::Name, RemoteName> remote;
};

class Net {
public:
    explicit Net(std::vector<std::string> names) {
        const auto list = std::make_shared<cluster::Members>(names, names.front());
        for (cluster::MemberIndex i = 0; i < list->size(); ++i) {
            nodes_.push_back(std::make_unique<Node>(std::make_shared<cluster::Members>(names, list->name(i)), i, now));
        }
        for (std::size_t one = 0; one < nodes_.size(); ++one) {
            for (std::size_t other = one + 1; other < nodes_.size(); ++other) {
                link(one, other);
            }
        }
        settle();
    }

    Node& operator[](std::size_t member) { return *nodes_[member]; }

    /// Another process of the member, without links.
    Node& start(std::size_t member) {
        unlink_all(member);
        const cluster::Members& list = nodes_[member]->names->members();
        std::vector<std::string> names;
        for (cluster::MemberIndex i = 0; i < list.size(); ++i) {
            names.push_back(list.name(i));
        }
        const auto members = std::make_shared<cluster::Members>(names, names[member]);
        nodes_[member] = std::make_unique<Node>(members, nodes_.size() + member, now);
        return *nodes_[member];
    }

    // --- names by their home ---

    ClaimName host(cluster::MemberIndex home, std::size_t nth = 0) const {
        for (std::size_t i = 0;; ++i) {
            ClaimName name("app" + std::to_string(i) + ".example.com", "/");
            if (nodes_[0]->names->members().home_of(*register_name(name)) == home && nth-- == 0) {
                return name;
            }
        }
    }

    // --- sessions ---

    std::shared_ptr<Asked> claim(std::size_t member, const directory::ClientId& owner, std::vector<ClaimName> names,
                                 const std::string& private_service = {}, std::uint64_t terms = 0) {
        const auto asked = std::make_shared<Asked>();
        directory::ClusterClaims::Handlers handlers;
        handlers.decided = [to = asked.get()](std::optional<Refusal> why) {
            to->decisions.push_back(why);
            if (to->on_decided) {
                to->on_decided(why);
            }
        };
        handlers.revoked = [to = asked.get()](Refusal why) {
            to->revocations.push_back(std::move(why));
            if (to->on_revoked) {
                to->on_revoked();
            }
        };
        handlers.probe = [to = asked.get()](std::function<void(bool)> answer) {
            to->probes.push_back(std::move(answer));
        };
        asked->held =
            nodes_[member]->claims->claim({std::move(names), private_service, owner, terms}, std::move(handlers));
        return asked;
    }
    /// Claims, and delivers everything.
    std::shared_ptr<Asked> ask(std::size_t member, const directory::ClientId& owner, std::vector<ClaimName> names) {
        auto asked = claim(member, owner, std::move(names));
        settle();
        return asked;
    }

    // --- links ---

    void link(std::size_t one, std::size_t other) {
        unlink(one, other);
        connect(one, other);
        connect(other, one);
    }
    void unlink(std::size_t one, std::size_t other) {
        for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
            if (const auto node = peers_.extract({from, to})) {
                nodes_[from]->names->disconnected(node.mapped()->link());
            }
        }
    }
    void unlink_all(std::size_t member) {
        for (std::size_t other = 0; other < nodes_.size(); ++other) {
            unlink(member, other);
        }
    }
    std::shared_ptr<Peer> peer(std::size_t at, std::size_t of) const { return peers_.at({at, of}); }

    /// Delivers messages until there are none, with ticks that are due.
    void deliver() {
        for (bool any = true; any;) {
            any = false;
            for (const auto& node : nodes_) {
                if (node->names->arm() <= now) {
                    node->names->tick();
                }
            }
            const auto peers = peers_;
            for (const auto& [between, peer] : peers) {
                while (peer->is_ready && deliver_one(between.first, between.second)) {
                    any = true;
                }
            }
        }
    }
    /// The same, and writes all routes.
    void settle() {
        deliver();
        for (const auto& node : nodes_) {
            while (node->is_woken && node->routes->step()) {
            }
            node->is_woken = false;
        }
    }
    void pass(Duration time) {
        now += time;
        for (const auto& node : nodes_) {
            node->names->tick();
        }
        settle();
    }

    TimePoint now{1h};

private:
    void connect(std::size_t at, std::size_t of) {
        const auto peer = std::make_shared<Peer>(nodes_[at]->names->new_link());
        const auto member = nodes_[at]->names->connected(peer->link(), nodes_[of]->names->hello(), peer);
        REQUIRE(member);
        REQUIRE(*member == of);
        peers_[{at, of}] = peer;
    }
    bool deliver_one(std::size_t from, std::size_t to) {
        Peer& sender = *peers_.at({from, to});
        const auto message = nodes_[from]->names->next(sender.link());
        sender.is_ready = message.has_value();
        if (message) {
            nodes_[to]->names->received(peers_.at({to, from})->link(), *message);
        }
        return message.has_value();
    }

    std::vector<std::unique_ptr<Node>> nodes_;
    std::map<std::pair<std::size_t, std::size_t>, std::shared_ptr<Peer>> peers_;
};

}  // namespace ferrotunnel::peers::fixture
