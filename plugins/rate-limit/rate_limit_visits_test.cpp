// Tests the plugin `rate-limit` for TCP visitors, with the harness for plugin authors.
#include <catch2/catch.hpp>

#include "ferrotunnel/plugin_testing_session.hpp"
#include "rate-limit/rate_limit.hpp"

using namespace ferrotunnel::plugin;
using namespace std::chrono_literals;
using ferrotunnel::plugins::RateLimit;

TEST_CASE("rate-limit: visitors of TCP are counted by address, and may come again in time", "[rate-limit]") {
    TestSessions sessions = TestSessions::of<RateLimit>("{rate: 2/s, burst: 2}");
    const auto words = [&](const std::string& address) { return sessions.visit({.address = address}).words(); };
    CHECK(words("192.0.2.1").empty());
    CHECK(words("192.0.2.1").empty());
    CHECK(words("192.0.2.1") == "rate_limited");
    CHECK(words("192.0.2.2").empty());
    sessions.advance(500ms);
    CHECK(words("192.0.2.1").empty());
    CHECK(words("192.0.2.1") == "rate_limited");
}
