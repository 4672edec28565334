// Tests connection-limit for TCP and TLS visitors, with the server's harness for plugins.
#include "connection-limit/connection_limit.hpp"
#include "ferrotunnel/plugin_testing_session.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace ferrotunnel::plugins;
using ferrotunnel::plugin::TestQuestion;
using ferrotunnel::plugin::TestSessions;

TEST_CASE("connection-limit: visitors of TCP count for as long as they are there", "[connection-limit]") {
    TestSessions sessions = TestSessions::of<ConnectionLimit>("{limit: 2}");
    const auto visit = [&](const std::string& address) { return sessions.visit({.address = address}); };
    TestQuestion first = visit("192.0.2.7");
    std::optional<TestQuestion> second = visit("192.0.2.7");
    CHECK(first.accepted());
    CHECK(second->accepted());
    CHECK(visit("192.0.2.7").words() == "connection_limit");
    CHECK(visit("192.0.2.7").words() == "connection_limit");  // the refused one does not count
    CHECK(visit("192.0.2.8").accepted());
    first.close(10, 20);
    std::optional<TestQuestion> third = visit("192.0.2.7");
    CHECK(third->accepted());
    CHECK(visit("192.0.2.7").refused());
    second.reset();  // without a close
    CHECK(visit("192.0.2.7").accepted());
}

TEST_CASE("connection-limit: visitors of TLS are counted by the host that they ask for", "[connection-limit]") {
    TestSessions sessions = TestSessions::of<ConnectionLimit>("{limit: 1, key: host}");
    const auto visit = [&](const std::string& host) { return sessions.visit({.host = host}, {.kind = "tls"}); };
    const TestQuestion first = visit("a.test");
    CHECK(first.accepted());
    CHECK(visit("a.test").words() == "connection_limit");
    CHECK(visit("b.test").accepted());
}

TEST_CASE("connection-limit: a full table refuses visitors that it cannot count", "[connection-limit]") {
    TestSessions sessions = TestSessions::of<ConnectionLimit>("{limit: 5, entries: 16}");
    std::vector<TestQuestion> visits;
    for (int i = 0; i < 16; ++i) {
        visits.push_back(sessions.visit({.address = "10.0.0." + std::to_string(i)}));
        CHECK(visits.back().accepted());
    }
    CHECK(sessions.visit({.address = "10.0.1.1"}).words() == "connection_limit_full");
}
