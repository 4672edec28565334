// Whom the hosts of HTTP services belong to while clients come and go, and which trunks carry them for the edge.
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "unit/session/http_server_rig.hpp"
#include "unit/trunk/trunk_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using trunk::test::NullWaker;
using HttpKind = HttpMatch::Kind;

namespace {

// Answers the server's question whether the client lives: any frame is an answer.
void be_alive(WireClient& client) {
    client.answer_pings = false;
    auto frame = client.receive();
    REQUIRE(frame);
    REQUIRE(frame->header.type == wire::FrameType::ping);
    client.unregister(77);
    client.answer_pings = true;
}

}  // namespace

TEST_CASE("without a host the server assigns a name below its domain, or says that it does not") {
    SECTION("no domain") {
        HttpRig rig;
        WireClient client = rig.log_in();
        client.register_http(1, {});
        const wire::Refused refusal = client.refused();
        CHECK(refusal.code == wire::Code::unsupported);
        CHECK_THAT(refusal.text, Catch::Contains("needs a host") && Catch::Contains("--domain"));
    }
    SECTION("a domain") {
        HttpRig rig("t.example.com");
        WireClient client = rig.log_in();
        const wire::RegisteredService first = client.obtain_http(1, {}, "", "web");
        CHECK(first.host.ends_with(".t.example.com"));
        CHECK(first.address == "http://" + first.host + ":8080");
        client.register_http(2, {}, "", "api");
        CHECK(client.registered().host != first.host);

        // Another client with the same token has a service of that name: it gets a host of its own.
        WireClient other = rig.log_in({.instance = 2});
        std::optional<wire::RegisteredService> second;
        other.register_http(1, {}, "", "web");
        be_alive(client);
        second = other.registered();
        CHECK(second->host != first.host);
        CHECK(second->host.ends_with(".t.example.com"));

        // The client that comes back, as another process, gets the host that it had.
        other.close();
        rig.wait_until_away(second->host);
        WireClient again = rig.log_in({.instance = 3});
        CHECK(again.obtain_http(9, {}, "", "web").host == second->host);
    }
}

TEST_CASE("two clients cannot hold one host, and a host belongs to the token that claimed it") {
    HttpRig rig;
    WireClient holder = rig.log_in();
    holder.obtain_http(1, {"app.example.com"});

    WireClient stranger = rig.log_in_with(rig.other_token, {.instance = 2});
    stranger.register_http(1, {"free.example.com", "app.example.com"});
    wire::Refused refusal = stranger.refused();
    CHECK(refusal.code == wire::Code::name_taken);
    CHECK_THAT(refusal.text, Catch::Contains("belongs to another token"));
    CHECK(rig.find("free.example.com").kind == HttpKind::unknown_host);
    CHECK_FALSE(rig.shared->registry->holder_of(ClaimName("free.example.com", "/")));

    WireClient sibling = rig.log_in({.instance = 3});
    sibling.register_http(1, {"free.example.com", "app.example.com"});
    be_alive(holder);
    refusal = sibling.refused();
    CHECK(refusal.code == wire::Code::name_taken);
    CHECK_THAT(refusal.text, Catch::Contains("which is still connected"));
    CHECK_FALSE(rig.shared->registry->holder_of(ClaimName("free.example.com", "/")));
    // Another path of the same host is free, but for the same token alone.
    sibling.obtain_http(1, {"app.example.com"}, "/api");

    holder.close();
    sibling.close();
    rig.wait_until_away("app.example.com");
    CHECK(rig.find("app.example.com").kind == HttpKind::offline);
    stranger.register_http(1, {"app.example.com"});
    CHECK(stranger.refused().code == wire::Code::name_taken);
    WireClient back = rig.log_in({.instance = 4});
    back.obtain_http(1, {"app.example.com"});
    CHECK(rig.find("app.example.com").kind == HttpKind::service);
}

TEST_CASE("a service that was unregistered is away, and its host is free for the same token") {
    HttpRig rig;
    WireClient client = rig.log_in();
    client.obtain_http(1, {"app.example.com"});
    client.unregister(1);
    client.obtain_http(2, {"app.example.com"}, "/api");
    CHECK(rig.find("app.example.com").kind == HttpKind::offline);
    CHECK(rig.find("app.example.com", "/api").kind == HttpKind::service);
    // Unregistered between a request and its answer: what was claimed for the first request is not lost for the second.
    client.send_together([&] {
        client.register_http(3, {"b.example.com"});
        client.unregister(3);
        client.register_http(3, {"b.example.com"});
    });
    client.registered();
    CHECK(rig.find("b.example.com").kind == HttpKind::service);
    CHECK(rig.shared->registry->holder_of(ClaimName("b.example.com", "/")));
}

TEST_CASE("the hosts of a client that drains are away at once") {
    HttpRig rig;
    WireClient client = rig.log_in();
    client.obtain_http(1, {"app.example.com"});
    client.send_goaway(wire::Code::going_away);
    rig.wait_until_away("app.example.com");
    CHECK(rig.find("app.example.com").kind == HttpKind::offline);
    CHECK_FALSE(rig.shared->registry->holder_of(ClaimName("app.example.com", "/")));
}

TEST_CASE("the trunks of a tunnel carry a host together") {
    HttpRig rig("t.example.com");
    WireClient first = rig.log_in({.trunk = 1, .trunks = 2});
    const std::string host = first.obtain_http(1, {}, "", "web").host;
    WireClient second = rig.log_in({.trunk = 2, .trunks = 2});
    second.register_http(1, {host}, "", "web");  // as a client does that knows what the first trunk got
    CHECK(second.registered().address == "http://" + host + ":8080");
    auto service = rig.find(host).service->shared_from_this();
    CHECK(service->carries(*rig.sessions[0]));
    CHECK(service->carries(*rig.sessions[1]));
    // A client that does not know the host is given the same one.
    second.unregister(1);
    rig.wait_until_away(host);
    first.unregister(1);
    first.obtain_http(1, {host}, "", "web");
    CHECK(second.obtain_http(1, {}, "", "web").host == host);
    CHECK(rig.find(host).service->carries(*rig.sessions[1]));

    first.close();
    while (rig.find(host).service->carries(*rig.sessions[0])) {
        on(rig.worker, [] {});
    }
    CHECK(rig.find(host).kind == HttpKind::service);
    // A service that is unregistered on one trunk is closed for all.
    second.unregister(1);
    rig.wait_until_away(host);
}

TEST_CASE("a host whose service has ended on one trunk does not come back on another") {
    HttpRig rig;
    WireClient first = rig.log_in({.trunk = 1, .trunks = 2});
    WireClient second = rig.log_in({.trunk = 2, .trunks = 2});
    first.obtain_http(1, {"app.example.com"});
    first.unregister(1);
    rig.wait_until_away("app.example.com");
    second.register_http(1, {"app.example.com"});
    CHECK(second.refused().code == wire::Code::going_away);
    first.obtain_http(2, {"app.example.com"}, "", "other");
    second.unregister(1);
    second.obtain_http(2, {"app.example.com"}, "", "other");
}

TEST_CASE("the edge opens streams on a trunk, which count until they are let go") {
    HttpRig rig;
    WireClient client = rig.log_in();
    client.obtain_http(5, {"app.example.com"});
    auto carrier = rig.find("app.example.com").service->choose();
    REQUIRE(carrier);
    CHECK(carrier->service == 5);
    const std::uint64_t idle = carrier->trunk->load();

    Signal answered;
    std::optional<Result<HttpStream, wire::Code>> result;
    auto keep = [&](Result<HttpStream, wire::Code> opened) {
        result.emplace(std::move(opened));
        answered.tell();
    };
    net::Address visitor;
    visitor.family = 4;
    visitor.port = 4711;
    carrier->trunk->open(5, {visitor}, make_intrusive<NullWaker>(), true, keep);
    REQUIRE(answered.wait());
    REQUIRE(*result);
    auto frame = client.receive();
    REQUIRE(frame);
    REQUIRE(frame->header.type == wire::FrameType::open);
    auto open = wire::decode_open(frame->payload);
    REQUIRE(open);
    CHECK(open->service == 5);
    CHECK(open->kind == wire::ServiceKind::http);
    CHECK(open->visitor.port == 4711);
    CHECK(carrier->trunk->load() > idle);
    CHECK(rig.sessions[0]->view().services.at(0).traffic->visitors_now == 1);
    HttpStream stream = **result;
    result.reset();
    CHECK(carrier->trunk->load() > idle);
    stream.counted.reset();
    CHECK(carrier->trunk->load() == idle);
    CHECK(rig.sessions[0]->view().services.at(0).traffic->visitors_now == 0);

    carrier->trunk->open(6, {visitor}, make_intrusive<NullWaker>(), true, keep);
    REQUIRE(answered.wait(2));
    REQUIRE_FALSE(*result);
    CHECK(result->error() == wire::Code::unknown_service);
    on(rig.worker, [&] {  // on the session's worker the answer comes within the call
        carrier->trunk->open(5, {visitor}, make_intrusive<NullWaker>(), false, keep);
        CHECK(static_cast<bool>(*result));
        result.reset();
        stream = {};
    });
    rig.stop();
    carrier->trunk->open(5, {visitor}, make_intrusive<NullWaker>(), true, keep);
    REQUIRE(result);
    REQUIRE_FALSE(*result);
    CHECK(result->error() == wire::Code::going_away);
    CHECK(carrier->trunk->load() == idle);
}

TEST_CASE("a trunk that can open no stream any more is not one without room: another one may carry") {
    HttpRig rig;
    rig.shared->mux.last_id = 4;
    WireClient client = rig.log_in();
    client.obtain_http(1, {"app.example.com"});
    auto carrier = rig.find("app.example.com").service->choose();
    REQUIRE(carrier);
    std::vector<wire::Code> failures;
    on(rig.worker, [&] {
        for (int i = 0; i < 4; ++i) {
            carrier->trunk->open(1, {}, make_intrusive<NullWaker>(), false, [&](const auto& result) {
                if (!result) {
                    failures.push_back(result.error());
                }
            });
        }
    });
    REQUIRE_FALSE(failures.empty());
    CHECK(failures == std::vector<wire::Code>(failures.size(), wire::Code::going_away));
}

TEST_CASE("a session whose ids run out carries its hosts until a fresh one does") {
    HttpRig rig;
    rig.shared->mux.rotate_at = 3;
    WireClient old = rig.log_in();
    old.obtain_http(1, {"app.example.com"});
    auto service = rig.find("app.example.com").service->shared_from_this();
    auto open = [&] {
        Signal answered;
        bool opened = false;
        auto carrier = service->choose();
        REQUIRE(carrier);
        carrier->trunk->open(1, {}, make_intrusive<NullWaker>(), true, [&](const auto& result) {
            opened = static_cast<bool>(result);
            answered.tell();
        });
        REQUIRE(answered.wait());
        CHECK(opened);
    };
    auto next_goaway = [&] {
        const ReceivedFrame frame = old.next(wire::FrameType::goaway);
        return wire::decode_goaway(frame.payload)->code;
    };
    open();
    open();
    CHECK(next_goaway() == wire::Code::rotated);
    open();  // the old session continues

    WireClient fresh = rig.log_in({.epoch = 2});
    CHECK(service->carries(*rig.sessions[0]));
    CHECK(rig.find("app.example.com").kind == HttpKind::service);
    fresh.obtain_http(1, {"app.example.com"});
    CHECK(rig.find("app.example.com").service == service.get());
    CHECK(service->carries(*rig.sessions[1]));
    CHECK_FALSE(service->carries(*rig.sessions[0]));
    CHECK(next_goaway() == wire::Code::going_away);  // the old session drains
    CHECK(rig.find("app.example.com").kind == HttpKind::service);
    CHECK(rig.shared->registry->holder_of(ClaimName("app.example.com", "/")));
}

TEST_CASE("a session whose place is taken has its private services until the fresh one has had time to register them") {
    HttpRig rig;
    rig.shared->handshake_deadline = std::chrono::seconds(2);
    wire::Service database;
    database.id = 1;
    database.kind = wire::ServiceKind::private_tcp;
    database.name = "db";
    WireClient old = rig.log_in();
    old.register_services({&database, 1});
    CHECK(old.registered().address == "private");
    const auto next_goaway = [&] { return wire::decode_goaway(old.next(wire::FrameType::goaway).payload)->code; };
    old.send_goaway(wire::Code::rotated);
    CHECK(next_goaway() == wire::Code::rotated);
    WireClient fresh = rig.log_in({.epoch = 2});
    CHECK(rig.sessions[0]->view().retired);
    CHECK(rig.sessions[0]->view().services.size() == 1);
    fresh.register_services({&database, 1});
    CHECK(fresh.registered().address == "private");
    CHECK(next_goaway() == wire::Code::going_away);
    CHECK(rig.sessions[0]->view().services.empty());
    CHECK(rig.sessions[1]->view().services.size() == 1);
}

TEST_CASE("a service that is unregistered while one of its connections is replaced leaves nothing behind") {
    HttpRig rig;
    WireClient first = rig.log_in({.trunk = 1, .trunks = 2});
    WireClient second = rig.log_in({.trunk = 2, .trunks = 2});
    first.obtain_http(1, {"app.example.com"});
    second.obtain_http(1, {"app.example.com"});
    first.send_goaway(wire::Code::rotated);
    CHECK(wire::decode_goaway(first.next(wire::FrameType::goaway).payload)->code == wire::Code::rotated);
    WireClient fresh = rig.log_in({.trunk = 1, .trunks = 2});
    REQUIRE(rig.sessions[0]->view().retired);
    first.unregister(1);
    CHECK(wire::decode_goaway(first.next(wire::FrameType::goaway).payload)->code == wire::Code::going_away);
    CHECK(rig.find("app.example.com").kind == HttpKind::service);  // the other connection has not been told yet
    second.unregister(1);
    fresh.obtain_http(2, {"app.example.com"});
}
