// Visitors that plugins decide on: refused, let in later, carried on by another trunk; and their ends, told once.
#include <sys/socket.h>

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

namespace {

std::vector<std::string> of_visits(Desk& desk) {
    std::vector<std::string> lines = desk.seen();
    std::erase_if(lines, [](const std::string& line) { return !line.starts_with("c"); });
    return lines;
}

/// A visitor who may be reset at any moment, and does not look before error_at() does.
runtime::Fd knock(std::uint16_t port) {
    std::error_code error;
    runtime::Fd visitor = runtime::start_connect(loopback(port), error);
    REQUIRE(visitor);
    return visitor;
}

const std::string seen_visitor = "connect 127.0.0.1  small";

void say(const runtime::Fd& visitor, std::string_view text) {
    REQUIRE(::send(visitor.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

}  // namespace

TEST_CASE("visits: a refused visitor is reset, counted and logged, and its client hears nothing of it") {
    PluginServer server;
    WireClient client = server.rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    server.desk.connect = Say::refuse;
    const runtime::Fd visitor = knock(port);
    CHECK(error_at(visitor) == ECONNRESET);
    REQUIRE(server.desk.closed.wait());
    CHECK(of_visits(server.desk) == std::vector<std::string>{seen_visitor, "close refused 0 0"});
    CHECK(server.rig.shared->counters->visitors_refused.load() == 1);
    CHECK(server.log.count("a plugin refused") == 1);
    server.desk.connect = Say::go_on;
    const runtime::Fd next = knock(port);
    CHECK(client.opened() == 1);  // the first OPEN
}

TEST_CASE("visits: what a visitor sends while plugins decide stays where it is, and comes behind the decision") {
    PluginServer server;
    WireClient client = server.rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    server.desk.connect = Say::later;
    runtime::Fd visitor = visit(port);
    say(visitor, "hello");
    REQUIRE(server.desk.visitors.wait());
    server.desk.decide(Decision::go_on());
    const ReceivedFrame open = client.next(wire::FrameType::open);
    client.send_opened(open.header.stream);
    const ReceivedFrame data = client.next(wire::FrameType::data);
    CHECK(std::string(data.payload.begin(), data.payload.end()).ends_with("hello"));
    visitor.reset();
    client.send_abort(open.header.stream);
    REQUIRE(server.desk.closed.wait());
    CHECK(of_visits(server.desk) == std::vector<std::string>{seen_visitor, "close served 5 0"});
}

TEST_CASE("visits: a failure is the policy's, and nobody else's") {
    for (const bool closes : {true, false}) {
        PluginServer server(1, {30ms, 1'024}, closes);
        WireClient client = server.rig.log_in();
        const std::uint16_t port = client.obtain_port(1);
        server.desk.connect = Say::later;
        const runtime::Fd visitor = knock(port);
        if (closes) {
            CHECK(error_at(visitor) == ECONNRESET);
        } else {
            CHECK(client.opened() == 1);
        }
        CHECK(server.log.count("it did not decide in time") == 1);
    }
}

TEST_CASE("visits: a visitor whose trunk is lost meanwhile goes to another one, and plugins are asked once") {
    PluginServer server(2);
    WireClient first = server.rig.log_in({.trunk = 1, .trunks = 2});
    WireClient second = server.rig.log_in({.trunk = 2, .trunks = 2});
    const std::uint16_t port = first.obtain_port(1);
    server.desk.connect = Say::later;
    const runtime::Fd visitor = knock(port);  // only the first one can take it
    REQUIRE(server.desk.visitors.wait());
    REQUIRE(second.obtain_port(1, port) == port);
    first.send_goaway(wire::Code::going_away);
    first.register_port(2, 0);  // its refusal says that the port was left
    CHECK(first.refused().code == wire::Code::going_away);
    server.desk.decide(Decision::go_on());
    const ReceivedFrame open = second.next(wire::FrameType::open);
    second.send_opened(open.header.stream);
    second.send_abort(open.header.stream);
    REQUIRE(server.desk.closed.wait());
    CHECK(of_visits(server.desk) == std::vector<std::string>{seen_visitor, "close served 0 0"});
}

TEST_CASE("visits: a visitor whom nobody takes any more is reset, and its end is told") {
    PluginServer server;
    WireClient client = server.rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    server.desk.connect = Say::later;
    const runtime::Fd visitor = knock(port);
    REQUIRE(server.desk.visitors.wait());
    client.unregister(1);
    client.obtain_port(2);  // so that was read
    server.desk.decide(Decision::go_on());
    CHECK(error_at(visitor) == ECONNRESET);
    REQUIRE(server.desk.closed.wait());
    CHECK(of_visits(server.desk) == std::vector<std::string>{seen_visitor, "close unserved 0 0"});
}

TEST_CASE("limit: so many visitors of a worker wait for plugins, and the next ones fail") {
    PluginServer server(1, {60s, 4});
    WireClient client = server.rig.log_in();
    const std::uint16_t port = client.obtain_port(1);
    server.desk.connect = Say::later;
    const runtime::Fd first = knock(port);
    const runtime::Fd second = knock(port);
    REQUIRE(server.desk.visitors.wait(2));
    const runtime::Fd third = knock(port);
    CHECK(error_at(third) == ECONNRESET);
    server.desk.decide(Decision::go_on());
    CHECK(client.opened() == 1);
    const runtime::Fd fourth = knock(port);
    REQUIRE(server.desk.visitors.wait(4));
    server.desk.decide(Decision::go_on());
    server.desk.decide(Decision::go_on());
    CHECK(client.opened() == 1);
    CHECK(client.opened() == 1);
}
