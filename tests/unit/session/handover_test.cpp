// A client takes the place of another one of its identity, as the server sees it.
#include <catch2/catch.hpp>
#include <string>

#include "unit/session/http_server_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;

namespace {

Caller caller_of(std::uint8_t instance, bool replaces, std::uint32_t trunk = 1, std::uint32_t trunks = 1) {
    return {instance, 1, trunk, trunks, wire::feature::announced, "nas", replaces};
}

template <typename Message>
Message next_message(WireClient& client) {
    while (const auto message = client.receive_control()) {
        if (const auto* wanted = std::get_if<Message>(&*message)) {
            return *wanted;
        }
    }
    FAIL("the server has closed");
    return {};
}

void take_over(WireClient& client) {
    client.send_control(wire::encode_control(wire::TakeOver{}));
}

}  // namespace

TEST_CASE("a client takes the place of another one, with all trunks of both", "[threads][handover]") {
    ServerRig rig(2);
    WireClient old = rig.log_in(caller_of(1, false, 1, 2));
    const std::uint16_t port = old.obtain_port(5);
    WireClient old_too = rig.log_in(caller_of(1, false, 2, 2));
    CHECK(old_too.obtain_port(5, port) == port);

    WireClient fresh = rig.log_in(caller_of(2, true, 1, 2));
    CHECK(fresh.obtain_port(9) == port);  // what the server has chosen for the other one
    WireClient fresh_too = rig.log_in(caller_of(2, true, 2, 2));
    CHECK(fresh_too.obtain_port(9, port) == port);
    const auto before = visit(port);
    CHECK(old.opened() == 5);  // the other one has the visitors

    take_over(fresh_too);
    CHECK(next_message<wire::TakenOver>(fresh_too).clients == 1);
    const auto after = visit(port);
    CHECK(fresh.opened() == 9);
    const auto last = visit(port);
    CHECK(fresh_too.opened() == 9);
    CHECK(next_message<wire::Replaced>(old).text.find("replaced this one") != std::string::npos);
    (void)next_message<wire::Replaced>(old_too);
    old.register_port(6, 0);  // nothing is its own any more
    CHECK(old.refused().code == wire::Code::going_away);
    old.close();
    old_too.close();
    fresh.close();
    const auto still = visit(port);
    CHECK(fresh_too.opened() == 9);
}

TEST_CASE("a successor that ends before it takes the place changes nothing", "[threads][handover]") {
    ServerRig rig;
    WireClient old = rig.log_in(caller_of(1, false));
    const std::uint16_t port = old.obtain_port(5);
    {
        WireClient fresh = rig.log_in(caller_of(2, true));
        CHECK(fresh.obtain_port(9, port) == port);
        fresh.close();
    }
    const auto visitor = visit(port);
    CHECK(old.opened() == 5);
    WireClient again = rig.log_in(caller_of(3, true));
    CHECK(again.obtain_port(9, port) == port);
    again.unregister(9);
    CHECK(again.obtain_port(10, port) == port);
    take_over(again);
    CHECK(next_message<wire::TakenOver>(again).clients == 1);
    const auto other = visit(port);
    CHECK(again.opened() == 10);
}

TEST_CASE("a successor opens what it has registered when the other one ends by itself", "[threads][handover]") {
    ServerRig rig;
    WireClient old = rig.log_in(caller_of(1, false));
    const std::uint16_t port = old.obtain_port(5);
    WireClient fresh = rig.log_in(caller_of(2, true));
    CHECK(fresh.obtain_port(9, port) == port);
    old.close();
    while (rig.sessions.back()->view().services.empty()) {
        on(rig.worker, [] {});
    }
    const auto visitor = visit(port);
    CHECK(fresh.opened() == 9);
    take_over(fresh);
    CHECK(next_message<wire::TakenOver>(fresh).clients == 0);
}

TEST_CASE("of the successor's services that nobody has, visitors come at once; a refused one is told",
          "[threads][handover]") {
    ServerRig rig;
    WireClient old = rig.log_in(caller_of(1, false));
    const std::uint16_t port = old.obtain_port(5);
    constexpr std::uint16_t others = 7;
    rig.shared->registry->reserve(others);
    WireClient fresh = rig.log_in(caller_of(2, true));
    fresh.register_port(1, others);
    CHECK(fresh.refused().code == wire::Code::port_forbidden);
    wire::Service named;  // by a name that no service of the other one has
    named.id = 2;
    named.name = "new";
    fresh.register_services({&named, 1});
    const std::uint16_t own = fresh.registered().port;
    CHECK(own != port);
    const auto visitor = visit(own);
    CHECK(fresh.opened() == 2);
    take_over(fresh);  // what the other one has ends with it
    CHECK(next_message<wire::TakenOver>(fresh).clients == 1);
    (void)next_message<wire::Replaced>(old);
    std::error_code error;
    do {
        (void)visit(port, error);
    } while (error != std::errc::connection_refused);
}

TEST_CASE("hosts are taken over, also with other rules, and private services by their names", "[threads][handover]") {
    HttpRig rig("example.com");
    WireClient old = rig.log_in(caller_of(1, false));
    CHECK(old.obtain_http(5, {"a.test"}).port == 8080);
    const std::string chosen = old.obtain_http(6, {}, {}, "web").host;
    CHECK_FALSE(chosen.empty());
    wire::Service hidden;
    hidden.id = 7;
    hidden.kind = wire::ServiceKind::private_tcp;
    hidden.name = "db";
    old.register_services({&hidden, 1});
    CHECK(old.registered().address == "private");

    WireClient fresh = rig.log_in(caller_of(2, true));
    wire::HttpPart part{{"a.test"}, {}};
    part.rules.host = "backend.test";
    fresh.register_part(1, part);
    CHECK(fresh.registered().address == "http://a.test:8080");
    fresh.register_http(2, {}, {}, "web");
    CHECK(fresh.registered().host == chosen);
    fresh.register_services({&hidden, 1});
    CHECK(fresh.registered().address == "private");
    CHECK(rig.find("a.test").service->description().rules.host.empty());
    CHECK(rig.sessions.back()->view().services.empty());
    take_over(fresh);
    CHECK(next_message<wire::TakenOver>(fresh).clients == 1);
    CHECK(rig.find("a.test").service->description().rules.host == "backend.test");
    CHECK(rig.find(chosen).kind == directory::HttpMatch::Kind::service);
    CHECK(rig.sessions.back()->view().services.size() == 3);
    CHECK(rig.sessions.front()->view().retired);
    (void)next_message<wire::Replaced>(old);
    CHECK(rig.find(chosen).kind == directory::HttpMatch::Kind::service);
    fresh.close();
    rig.wait_until_away("a.test");
}

TEST_CASE("who has not said that it knows the hand-over gets nobody's place", "[threads][handover]") {
    ServerRig rig;
    WireClient old = rig.log_in(caller_of(1, false));
    const std::uint16_t port = old.obtain_port(5);
    Caller caller = caller_of(2, true);
    caller.features = 0;
    WireClient fresh = rig.log_in(caller);
    CHECK(fresh.obtain_port(9) != port);
    take_over(fresh);  // a message that it must not send
    CHECK(fresh.obtain_port(10) != port);
    const auto visitor = visit(port);
    CHECK(old.opened() == 5);
}

TEST_CASE("limit: a client that takes places all the time is not listened to", "[threads][handover]") {
    ServerRig rig;
    WireClient fresh = rig.log_in(caller_of(2, true));
    fresh.send_together([&] {
        for (int i = 0; i < 100; ++i) {
            take_over(fresh);
        }
    });
    CHECK(next_message<wire::TakenOver>(fresh).clients == 0);
    int answers = 1;
    for (std::uint32_t id = 1; id <= 2; ++id) {  // the others come with it, or a round later
        fresh.register_port(id, 0);
        while (const auto message = fresh.receive_control()) {
            if (std::holds_alternative<wire::Registered>(*message)) {
                break;
            }
            answers += std::holds_alternative<wire::TakenOver>(*message) ? 1 : 0;
        }
    }
    CHECK(answers <= 20);
}
