// Two members of a cluster with all their parts: what each knows of the other.
#include "peers/cluster.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "directory/cluster_claims.hpp"
#include "peers/claim_names.hpp"
#include "unit/peers/peers_rig.hpp"
#include "unit/session/server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::peers;
using namespace ferrotunnel::peers::test;

namespace {

struct WholeMember {
    WholeMember(const std::string& name, const PeerSettings& peer)
        : cluster({name, {peer}, keys_of(1), quick_retries()},
                  {workers, shared, nullptr, log, runtime::system_random(), [this] { ++announced; }}) {}
    ~WholeMember() {
        held.clear();
        workers.stop();
        workers.join();
        cluster.stop();
        shared->ports->stop_holding();
        shared->ports->end();
    }
    void start(runtime::Fd listener) {
        workers.start();
        cluster.start(std::move(listener));
    }
    /// Whether it was granted.
    bool claim(std::vector<directory::ClaimName> names, const std::string& private_service = {}) {
        auto decision = std::make_shared<std::atomic<int>>(0);
        directory::ClusterClaims::Handlers handlers;
        handlers.decided = [decision](const std::optional<directory::Refusal>& why) { *decision = why ? 2 : 1; };
        held.push_back(shared->claims->claim({std::move(names), private_service, {{1}, {1}}, 0}, std::move(handlers)));
        REQUIRE(eventually([&] { return *decision != 0; }));
        return *decision == 1;
    }
    ClusterState::Member other() const { return cluster.state().members.at(0); }

    RecordingLogger log;
    runtime::WorkerGroup workers{2};
    std::atomic<int> announced{0};
    const std::shared_ptr<session::ServerShared> shared = session::test::shared_by_sessions(session::test::new_token());
    std::vector<std::unique_ptr<directory::ClusterClaim>> held;
    Cluster cluster;
};

}  // namespace

TEST_CASE("a member knows where a name is, and what others cannot do", "[threads][cluster]") {
    Place place;
    WholeMember b("b", {"a", "127.0.0.1", 1});
    WholeMember a("a", {"b", "127.0.0.1", place.port});
    CHECK(a.cluster.state().own == "a");
    CHECK(a.cluster.state().recovering);
    CHECK_FALSE(a.other().linked);
    CHECK(a.other().name == "b");
    const directory::ClaimName host("app.example.com", "/");
    CHECK(a.cluster.place_of(host).members.empty());

    b.start(std::move(place.listener));
    a.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] {
        return a.other().linked && b.other().linked && !a.cluster.state().recovering && !b.cluster.state().recovering;
    }));
    REQUIRE(b.claim({host}));
    REQUIRE(b.claim({}, "database"));
    REQUIRE(eventually([&] { return a.other().names == 2; }));
    CHECK(b.cluster.state().own_names == 2);
    CHECK(a.cluster.state().own_names == 0);
    for (const WholeMember* const member : {&a, &b}) {
        const NamePlace found = member->cluster.place_of(host);
        CHECK(found.members == std::vector<std::string>{"b"});
        CHECK(found.home ==
              cluster::Members({"a", "b"}, "a").name(cluster::Members({"a", "b"}, "a").home_of(*register_name(host))));
        CHECK_FALSE(found.provisional);
    }
    CHECK(a.cluster.place_of({"app.example.com", std::string(2'000, '/')}).home.empty());

    const auto finds = [](const WholeMember& at, const session::RemoteService& service) {
        return static_cast<bool>(at.shared->find_remote(service));
    };
    CHECK(finds(a, {login::TokenId{1}, login::TokenId{1}, "database"}));
    CHECK_FALSE(finds(a, {login::TokenId{2}, login::TokenId{1}, "database"}));
    CHECK_FALSE(finds(a, {login::TokenId{1}, login::TokenId{1}, "other"}));
    CHECK_FALSE(finds(b, {login::TokenId{1}, login::TokenId{1}, "database"}));  // of an own client
    CHECK(a.cluster.forget("b"));                                               // it is linked
}

// A newer process may already have this one's link to the member when this one begins to drain; or the program begins
// to stop before freeze() was called.
TEST_CASE("a member that is being replaced keeps its routes without links", "[threads][cluster]") {
    Place place;
    auto b = std::make_unique<WholeMember>("b", PeerSettings{"a", "127.0.0.1", 1});
    WholeMember a("a", {"b", "127.0.0.1", place.port});
    b->start(std::move(place.listener));
    a.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] { return a.other().linked && !b->cluster.state().recovering; }));
    REQUIRE(b->claim({directory::ClaimName("app.example.com", "/")}));
    const auto knows_host = [&] {
        return a.shared->http->routes()->find("app.example.com", "/", Clock::now()).kind ==
               directory::HttpMatch::Kind::service;
    };
    REQUIRE(eventually(knows_host));

    enum class End { frozen, handed_over, lost };
    const End end = GENERATE(End::frozen, End::handed_over, End::lost);
    if (end == End::frozen) {
        a.cluster.freeze();
    } else if (end == End::handed_over) {
        a.cluster.drain();
        a.cluster.hand_over();
    }
    b.reset();
    REQUIRE(eventually([&] { return !a.other().linked; }));
    for (int turn = 0; turn < 3; ++turn) {  // the first worker has heard of the lost link, and has had its turns
        runtime::test::on(a.workers.at(0), [] {});
    }
    if (end != End::lost) {
        CHECK(knows_host());
    } else {
        CHECK(eventually([&] { return !knows_host(); }));
    }
}

TEST_CASE("a member tells the others that it cannot listen on a port of their clients", "[threads][cluster]") {
    Place place;
    WholeMember b("b", {"a", "127.0.0.1", 1});
    WholeMember a("a", {"b", "127.0.0.1", place.port});
    b.start(std::move(place.listener));
    a.start(runtime::test::listen_on_loopback());
    REQUIRE(eventually([&] { return a.other().linked && b.other().linked; }));
    const runtime::Fd occupied = runtime::test::listen_on_loopback();
    const std::uint16_t port = runtime::local_address(occupied.get()).port();
    REQUIRE(eventually([&] { return !a.cluster.state().recovering && !b.cluster.state().recovering; }));
    REQUIRE(b.claim({directory::ClaimName(port)}));
    const std::string text = "tcp " + std::to_string(port);
    REQUIRE(eventually([&] { return !b.cluster.state().own_partial_ports.empty(); }));
    CHECK(a.cluster.state().partial_ports == std::vector<std::string>{text});
    CHECK(a.cluster.state().own_partial_ports.empty());
    CHECK(b.cluster.state().own_partial_ports.front().starts_with(text + " at a ("));
    CHECK(b.cluster.state().partial_ports.empty());
    CHECK(b.shared->port_note(directory::Transport::tcp, port).starts_with("a ("));
    CHECK(b.shared->port_note(directory::Transport::udp, port).empty());
    CHECK(b.announced == 1);
    session::RemoteService service;
    service.port = port;
    CHECK(a.shared->find_remote(service));
    service.of_token = login::TokenId{2};  // the port of another token
    CHECK_FALSE(a.shared->find_remote(service));

    b.held.clear();
    CHECK(eventually([&] { return b.shared->port_note(directory::Transport::tcp, port).empty(); }));
    CHECK(a.cluster.state().partial_ports.empty());
    CHECK(b.announced == 2);
}
