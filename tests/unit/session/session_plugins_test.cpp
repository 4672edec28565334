// What plugins decide on logins and services: words of a refusal, trunks that join, and whatever is lost meanwhile.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "unit/session/plugin_server.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using namespace std::chrono_literals;
using plugin::Decision;
using Say = Desk::Say;

TEST_CASE("plugins: a refused login has the plugin's words, and supersedes nobody") {
    PluginServer server;
    WireClient older = server.rig.log_in({.epoch = 1});
    older.obtain_port(1);
    server.desk.login = Say::refuse;
    WireClient refused = server.rig.connect({.epoch = 2});
    CHECK_FALSE(refused.log_in());
    CHECK(refused.failure().code == wire::Code::forbidden);
    CHECK(refused.failure().text.find("not today") != std::string::npos);
    CHECK(server.rig.shared->counters->logins_refused.load() == 1);
    CHECK(server.log.count("a plugin refused") == 1);
    older.obtain_port(2);  // it is there, and works

    server.desk.login = Say::go_on;  // a refusal is not remembered
    WireClient newer = server.rig.connect({.epoch = 2});
    CHECK(newer.log_in());
    CHECK(server.desk.logins.count() == 3);
}

TEST_CASE("plugins: every trunk asks for its login, which may be decided later") {
    PluginServer server(2);
    server.desk.login = Say::later;
    for (const std::uint32_t trunk : {1U, 2U}) {
        WireClient client = server.rig.connect({.trunk = trunk, .trunks = 2});
        client.send_control(client.prepare_auth());
        REQUIRE(server.desk.logins.wait(static_cast<int>(trunk)));
        server.desk.decide(Decision::go_on());
        const auto answer = client.receive_control();
        REQUIRE(answer);
        CHECK(std::holds_alternative<wire::Welcome>(*answer));
    }
    CHECK(server.desk.seen() == std::vector<std::string>{"login one 1", "login one 2"});
}

TEST_CASE("plugins: a login that is never decided is refused as one that may be tried again") {
    PluginServer server(1, {30ms, 1'024});
    server.desk.login = Say::later;
    WireClient client = server.rig.connect();
    CHECK_FALSE(client.log_in());
    CHECK(client.failure().code == wire::Code::busy);
    CHECK(server.log.count("it did not decide in time") == 1);
    server.desk.decide(Decision::go_on());  // too late, and nothing comes of it
    server.desk.login = Say::go_on;
    CHECK(server.rig.connect().log_in());
}

TEST_CASE("plugins: a client that goes while its login is being decided leaves nothing behind") {
    PluginServer server;
    server.desk.login = Say::later;
    runtime::test::Signal ended;
    ServerSession::Callbacks callbacks;
    callbacks.ended = [&ended] { ended.tell(); };
    SECTION("by itself") {
        WireClient client = server.rig.connect({}, callbacks);
        client.send_control(client.prepare_auth());
        REQUIRE(server.desk.logins.wait());
        client.close();
    }
    SECTION("with words that have no place") {
        WireClient client = server.rig.connect({}, callbacks);
        auto both = WireClient::frame_of(client.prepare_auth());
        auto more = WireClient::frame_of(wire::encode_control(wire::Unregister{{1}}));
        both.insert(both.end(), more.begin(), more.end());
        client.send(both);
        while (client.receive()) {
        }
    }
    REQUIRE(ended.wait());
    REQUIRE(server.desk.logins.wait());
    server.desk.decide(Decision::go_on());
    server.desk.login = Say::go_on;
    CHECK(server.rig.connect({.instance = 2}).log_in());
}

TEST_CASE("plugins: a refused service has the plugin's words, and is not remembered") {
    PluginServer server;
    WireClient client = server.rig.log_in();
    server.desk.registration = Say::refuse;
    client.register_port(1, 0);
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code == wire::Code::forbidden);
    CHECK(refusal.text == "not today");
    server.desk.registration = Say::go_on;
    CHECK(client.obtain_port(1) != 0);
    CHECK(server.desk.registrations.count() == 2);
}

TEST_CASE("plugins: the trunks of a client ask once for a service, also with the port that was assigned") {
    PluginServer server(2);
    server.desk.registration = Say::later;
    WireClient first = server.rig.log_in({.trunk = 1, .trunks = 3});
    WireClient second = server.rig.log_in({.trunk = 2, .trunks = 3});
    first.register_port(1, 0);
    REQUIRE(server.desk.registrations.wait());
    second.register_port(1, 0);
    server.desk.decide(Decision::go_on());
    const std::uint16_t port = first.registered().port;
    CHECK(second.registered().port == port);
    WireClient third = server.rig.log_in({.trunk = 3, .trunks = 3});
    CHECK(third.obtain_port(1, port) == port);
    CHECK(server.desk.registrations.count() == 1);
}

TEST_CASE("plugins: if the trunk that asked is lost, the next one asks") {
    PluginServer server(2);
    server.desk.registration = Say::later;
    WireClient first = server.rig.log_in({.trunk = 1, .trunks = 2});
    WireClient second = server.rig.log_in({.trunk = 2, .trunks = 2});
    first.register_port(1, 0);
    REQUIRE(server.desk.registrations.wait());
    second.register_port(1, 0);
    second.register_port(2, 0);  // when this is asked, the first one of this trunk waits
    REQUIRE(server.desk.registrations.wait(2));
    first.close();
    REQUIRE(server.desk.registrations.wait(3));
    server.desk.decide(Decision::go_on());  // of the trunk that has gone
    server.desk.decide(Decision::go_on());
    CHECK(second.registered().id == 2);
    server.desk.decide(Decision::go_on());
    CHECK(second.registered().id == 1);
}

TEST_CASE("plugins: a client that comes back joins what was decided, and one that did not want it asks again") {
    PluginServer server;
    std::uint16_t port = 0;
    {
        WireClient client = server.rig.log_in();
        port = client.obtain_port(1);
        client.close();
    }
    WireClient again = server.rig.log_in({.epoch = 2});
    CHECK(again.obtain_port(1, port) == port);
    CHECK(server.desk.registrations.count() == 1);
    again.unregister(1);
    CHECK(again.obtain_port(1, port) == port);
    CHECK(server.desk.registrations.count() == 2);
    again.obtain_port(2);
    CHECK(server.desk.registrations.count() == 3);
}

TEST_CASE("plugins: what a plugin makes of a service holds for all its trunks") {
    PluginServer server(2);
    server.rig.shared->http_public = HttpPublic{"http", 8080};
    WireClient first = server.rig.log_in({.trunk = 1, .trunks = 2});
    WireClient second = server.rig.log_in({.trunk = 2, .trunks = 2});
    for (WireClient* client : {&first, &second}) {
        CHECK(client->obtain_http(1, {"ASKED.test"}).address == "http://given.test:8080");
    }
    CHECK(server.desk.seen() == std::vector<std::string>{"login one 1", "login one 2", "register http asked.test"});
    const auto routes = server.rig.shared->http->routes();
    const directory::HttpMatch match = routes->find("given.test", "/", Clock::now());
    REQUIRE(match.kind == directory::HttpMatch::Kind::service);
    REQUIRE(match.service->description().notes);
    CHECK(*match.service->description().notes == hooks::Notes{{"plan", "small"}});
    CHECK(match.service->description().limits.first_byte == Duration(1s));
    CHECK(routes->find("asked.test", "/", Clock::now()).kind == directory::HttpMatch::Kind::unknown_host);
}

TEST_CASE("plugins: what a plugin makes of a service is checked as what its client says") {
    PluginServer server;
    server.rig.shared->http_public = HttpPublic{"http", 8080};
    server.rig.shared->http_bounds = {.first_byte = 500ms};
    WireClient client = server.rig.log_in();
    client.register_http(1, {"asked.test"});
    CHECK(client.refused().code == wire::Code::limit);
    server.desk.first_byte_ms = std::uint64_t{1} << 62U;
    client.register_http(2, {"asked.test"});
    const wire::Refused refusal = client.refused();
    CHECK(refusal.code != wire::Code::limit);
    CHECK(refusal.text.starts_with("A plugin has changed the service"));
    server.desk.first_byte_ms = 400;
    client.obtain_http(3, {"asked.test"});
}

TEST_CASE("plugins: an id is in use while its registration is being decided, and free when that is taken back") {
    PluginServer server;
    server.desk.registration = Say::later;
    WireClient client = server.rig.log_in();
    client.register_port(1, 0);
    REQUIRE(server.desk.registrations.wait());
    client.register_port(1, 0);
    CHECK(client.refused().code == wire::Code::protocol);
    client.unregister(1);
    client.register_port(1, 0);
    REQUIRE(server.desk.registrations.wait(2));
    server.desk.decide(Decision::refuse("of the first one, which nobody wants"));
    server.desk.decide(Decision::go_on());
    CHECK(client.registered().id == 1);
}

TEST_CASE("plugins: a server that stops while everything waits") {
    PluginServer server;
    server.desk.registration = Say::later;
    server.desk.connect = Say::later;
    WireClient client = server.rig.log_in();
    client.register_port(1, 0);
    REQUIRE(server.desk.registrations.wait());
    server.desk.decide(Decision::go_on());
    const runtime::Fd visitor = visit(client.registered().port);
    REQUIRE(server.desk.visitors.wait());
    client.register_port(2, 0);
    REQUIRE(server.desk.registrations.wait(2));
    server.desk.login = Say::later;
    WireClient another = server.rig.connect({.instance = 2});
    another.send_control(another.prepare_auth());
    REQUIRE(server.desk.logins.wait(2));
    server.rig.stop();
    server.desk.decide(Decision::go_on());
    server.desk.decide(Decision::go_on());
    server.desk.decide(Decision::go_on());
}
