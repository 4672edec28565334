// Sessions of a server in a cluster: several trunks, what stays reserved after the end, hand-over, and visits.
#include <catch2/catch.hpp>
#include <string>

#include "support/eventually.hpp"
#include "unit/session/fake_cluster.hpp"
#include "unit/session/http_server_rig.hpp"
#include "wire/open_metadata.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using directory::ClaimName;
using directory::Registry;
using ferrotunnel::test::eventually;
using wire::Code;

namespace {

struct ClusterRig : HttpRig {
    explicit ClusterRig(bool waits = false) {
        cluster->waits = waits;
        shared->claims = cluster;
    }
    bool are_present(std::size_t claims) {
        return eventually([&] { return cluster->present() == claims; });
    }
    /// For how long the name stays reserved, by the last claim that had it.
    Duration reserved(const ClaimName& name) const {
        Duration last = Duration::min();
        for (const FakeCluster::Released& one : cluster->released()) {
            last = one.names == std::vector<ClaimName>{name} ? one.reserved : last;
        }
        return last;
    }

    const std::shared_ptr<FakeCluster> cluster = std::make_shared<FakeCluster>();
};

Caller trunk_of(std::uint8_t instance, std::uint32_t trunk) {
    return {.instance = instance, .trunk = trunk, .trunks = 2, .features = wire::feature::announced};
}

Caller successor(std::uint8_t instance, bool replaces) {
    return {instance, 1, 1, 1, wire::feature::announced, "nas", replaces};
}

}  // namespace

TEST_CASE("in a cluster, the trunks of a client claim as one owner, until the last one ends", "[threads]") {
    ClusterRig rig;
    WireClient first = rig.log_in(trunk_of(1, 1));
    const std::uint16_t port = first.obtain_port(5);
    WireClient second = rig.log_in(trunk_of(1, 2));
    CHECK(second.obtain_port(5, port) == port);
    CHECK(rig.cluster->present() == 2);
    CHECK(rig.cluster->request(0).owner == rig.cluster->request(1).owner);
    CHECK(rig.shared->cluster_names->size() == 1);
    SECTION("one is lost") {
        first.close();
        CHECK(rig.are_present(1));
        CHECK(rig.shared->cluster_names->size() == 1);
        const auto visitor = visit(port);
        CHECK(second.opened() == 5);
        second.close();
        CHECK(rig.are_present(0));
    }
    SECTION("the service is unregistered") {
        second.unregister(5);
        CHECK(rig.are_present(0));
        CHECK(rig.reserved(port) == Duration::zero());
    }
    SECTION("the cluster takes the name") {
        rig.cluster->revoke(0);
        rig.cluster->revoke(1);
        CHECK(first.refused().code == Code::port_taken);
        CHECK(second.refused().code == Code::port_taken);
        CHECK(rig.are_present(0));
        std::error_code error;
        CHECK(eventually([&] { return !visit(port, error); }));
    }
}

TEST_CASE("in a cluster, names stay reserved for the token as long as in the registry of one server", "[threads]") {
    ClusterRig rig;
    WireClient client = rig.log_in({.features = wire::feature::announced});
    const std::uint16_t port = client.obtain_port(1);
    client.obtain_http(2, {"app.example.com"});
    ServerSession& session = *rig.sessions.front();
    Duration of_port{};
    Duration of_host = limits::http_host_known_for;
    SECTION("the connection is lost") {
        client.close();
        of_port = Registry::ports_kept_for;
    }
    SECTION("the client says that it ends") {
        rig.shared->ports->set_hold(std::chrono::seconds(3));
        client.send_goaway(Code::none);
        of_port = std::chrono::seconds(3);
    }
    SECTION("the client is kicked") {
        on(rig.worker, [&] { session.end(Code::cancelled, "The operator ended it."); });
        of_port = Registry::ports_kept_for;
    }
    SECTION("the server drains: its clients go to another member") {
        on(rig.worker, [&] { session.drain(); });
        of_port = Registry::ports_kept_for;
    }
    SECTION("a newer session of the client replaces it") {
        WireClient newer = rig.log_in({.epoch = 2, .features = wire::feature::announced});
        of_port = Registry::ports_kept_for;
        CHECK(rig.are_present(0));
        CHECK(newer.obtain_port(1, port) == port);
        newer.unregister(1);
    }
    SECTION("the services are unregistered") {
        client.unregister(1);
        client.unregister(2);
    }
    SECTION("the token is gone") {
        std::vector<login::AcceptedToken> tokens = *rig.shared->tokens.get();
        tokens.erase(tokens.begin());
        rig.shared->registry->set_rules(std::make_shared<const directory::RightRules>(tokens));
        client.close();
        of_host = Duration::zero();
    }
    CHECK(rig.are_present(0));
    rig.shared->ports->stop_holding();
    const auto released = rig.cluster->released();
    REQUIRE(released.size() >= 2);
    CHECK(rig.reserved(ClaimName("app.example.com", "/")) == of_host);
    const auto first = std::find_if(released.begin(), released.end(),
                                    [&](const auto& one) { return one.names == std::vector<ClaimName>{port}; });
    REQUIRE(first != released.end());
    CHECK(first->reserved == of_port);
}

TEST_CASE("in a cluster, a successor claims the names of its predecessor as the same owner", "[threads][handover]") {
    ClusterRig rig;
    WireClient old = rig.log_in(successor(1, false));
    const std::uint16_t port = old.obtain_port(5);
    old.obtain_http(6, {"app.example.com"});
    WireClient fresh = rig.log_in(successor(2, true));
    CHECK(fresh.obtain_port(9, port) == port);  // the cluster would refuse another owner
    fresh.obtain_http(10, {"app.example.com"});
    fresh.obtain_http(11, {"new.example.com"});
    CHECK(rig.cluster->request(2).owner == rig.cluster->request(0).owner);
    CHECK(rig.cluster->request(4).owner.second != rig.cluster->request(0).owner.second);

    fresh.send_control(wire::encode_control(wire::TakeOver{}));
    old.close();
    CHECK(rig.are_present(3));
    const auto visitor = visit(port);
    CHECK(fresh.opened() == 9);
    CHECK(rig.find("app.example.com").kind == directory::HttpMatch::Kind::service);

    WireClient third = rig.log_in(successor(3, true));  // a successor of the successor
    CHECK(third.obtain_port(1, port) == port);
    fresh.close();
    CHECK(rig.are_present(1));
    third.close();
    CHECK(rig.are_present(0));
    WireClient stranger = rig.log_in(successor(4, false));
    CHECK(stranger.obtain_port(1, port) == port);
    const std::size_t last = rig.cluster->asked() - 1;
    CHECK(rig.cluster->request(last).owner.second == wire::InstanceId{4});
}

TEST_CASE("in a cluster, a session that rotates and the fresh one claim as one owner", "[threads]") {
    ClusterRig rig;
    WireClient old = rig.log_in(successor(1, false));
    const std::uint16_t port = old.obtain_port(5);
    on(rig.worker, [&] { rig.sessions.front()->handover_to_process(); });
    WireClient fresh = rig.log_in({1, 1, 1, 1, wire::feature::announced, "nas"});
    CHECK(fresh.obtain_port(5, port) == port);
    CHECK(rig.are_present(1));
}

TEST_CASE("in a cluster, a client learns which members cannot listen on its public port", "[threads]") {
    ClusterRig rig;
    std::string note;
    rig.shared->port_note = [&](directory::Transport transport, std::uint16_t) {
        return transport == directory::Transport::tcp ? note : "other transport";
    };
    WireClient client = rig.log_in({.features = wire::feature::announced});
    const std::uint16_t port = client.obtain_port(5);
    const auto told = [&](const std::string& text) {
        on(rig.worker, [&] {
            note = text;
            rig.sessions.front()->report_services([](ServiceReplies& replies) {
                replies.announce();
                replies.announce();  // what has not changed is not repeated
            });
        });
        const wire::RegisteredService service = client.registered();
        CHECK(service.id == 5);
        CHECK(service.port == port);
        return service.not_at;
    };
    CHECK(told("b (Address already in use)") == "b (Address already in use)");
    CHECK(told("c (no)") == "c (no)");
    CHECK(told("").empty());
    rig.stop();
}

TEST_CASE("in a cluster, a private service that no own client has is visited at another member", "[threads]") {
    ClusterRig rig;
    bool has = true;
    bool may = true;
    std::string seen;
    RemoteOpened answer;
    rig.shared->find_visited = [](const auto&, const auto&, const auto&) { return std::nullopt; };
    rig.shared->visited_owner = [&](const login::TokenId&, const std::string& token) {
        return may && token == "two" ? std::optional(rig.other_token.id) : std::nullopt;
    };
    rig.shared->find_remote = [&](const RemoteService& service) {
        const bool is_asked = service.by_token == rig.token.id && service.of_token == rig.other_token.id;
        RemoteOpener open;
        if (has && is_asked) {
            open = [&, name = service.name](const net::Address&, RemoteOpened opened) {
                seen = name;
                answer = std::move(opened);
            };
        }
        return open;
    };
    WireClient client = rig.log_in({.features = wire::feature::announced});
    wire::OpenMetadata metadata;
    metadata.service = "db";
    metadata.token = "two";
    const std::vector<std::uint8_t> encoded = wire::encode_open_metadata(metadata);
    wire::Open open;
    open.send_window = limits::first_window;
    open.receive_window = limits::first_window;
    open.metadata = encoded;
    const auto visit_it = [&] {
        std::array<std::uint8_t, wire::open_frame_max> frame;
        client.send(Bytes(frame).first(wire::encode_open(2, open, frame.data())));
        return wire::decode_reset(client.next(wire::FrameType::reset).payload)->code;
    };
    SECTION("a member has it") {
        std::array<std::uint8_t, wire::open_frame_max> frame;
        client.send(Bytes(frame).first(wire::encode_open(2, open, frame.data())));
        CHECK(eventually([&] { return on(rig.worker, [&] { return seen; }) == "db"; }));
        const Code code = GENERATE(Code::busy, Code::unknown_service, Code::refused);
        on(rig.worker, [&] { answer(code); });  // as that member says
        CHECK(wire::decode_reset(client.next(wire::FrameType::reset).payload)->code == code);
    }
    SECTION("no member has it") {
        has = false;
        CHECK(visit_it() == Code::unknown_service);
    }
    SECTION("the token may not visit it") {
        may = false;
        CHECK(visit_it() == Code::unknown_service);
        CHECK(seen.empty());
    }
    SECTION("the server is alone") {
        rig.shared->find_remote = nullptr;
        CHECK(visit_it() == Code::unknown_service);
    }
    on(rig.worker, [&] { answer = nullptr; });
    rig.stop();
}
