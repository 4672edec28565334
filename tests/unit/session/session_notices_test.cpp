// Reports about a session, by themselves.
#include "session/session_notices.hpp"

#include <catch2/catch.hpp>

#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using wire::Code;

TEST_CASE("session notices: the application learns who the client is") {
    SessionParts parts;
    parts.facts.agreement.peer_name = "alice";
    parts.facts.agreement.trunk = 2;
    std::vector<ServerNotice> notices;
    parts.shared->notify = [&](const ServerNotice& notice) { notices.push_back(notice); };
    notify(parts.at, ServerNotice::Kind::degraded, Code::cancelled, "It broke.", 3);
    REQUIRE(notices.size() == 1);
    CHECK(notices[0].kind == ServerNotice::Kind::degraded);
    CHECK(notices[0].client == "alice");
    CHECK(notices[0].peer == parts.facts.peer.text());
    CHECK(notices[0].trunk == 2);
    CHECK(notices[0].trunks == 3);
    CHECK(notices[0].text == "It broke.");
}

TEST_CASE("session notices: failures of strangers are all counted, and reported within a limit") {
    SessionParts parts;
    std::uint64_t told = 0;
    parts.shared->notify = [&](const ServerNotice&) { ++told; };
    const std::uint64_t failures = 2 * limits::unauthenticated_events_per_second + 1;
    const auto before = Clock::now();
    parts.run([&] {
        for (std::uint64_t i = 0; i < failures; ++i) {
            report_unauthenticated(parts.at, "a login was refused", Code::unauthorized, "why", true);
        }
        report_unauthenticated(parts.at, "a connection was refused", Code::protocol, "why", false);
    });
    CHECK(parts.shared->counters->logins_refused == failures + 1);
    CHECK(told >= limits::unauthenticated_events_per_second);
    if (Clock::now() - before < std::chrono::seconds(1)) {
        CHECK(told <= 2 * limits::unauthenticated_events_per_second);  // of two windows at most
    }
}
