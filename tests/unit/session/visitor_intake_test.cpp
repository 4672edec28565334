// Visitors for a trunk that does not carry their service, without that trunk.
#include "session/visitor_intake.hpp"

#include <catch2/catch.hpp>

#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;

namespace {

struct IntakeParts : SessionParts {
    const IntrusivePtr<trunk::Trunk> none;
    TrunkLoad load;
    VisitorStreams streams{VisitorStreams::Needs{at, table, none, *carrier, *carrier}};
    VisitorIntake intake{VisitorIntake::Needs{at, executor, table, nullptr, streams, load, [this] { return ended; }}};
};

}  // namespace

TEST_CASE("visitor intake: a visitor of a service that has left is reset, from whatever thread it comes") {
    IntakeParts parts;
    parts.run([&] { parts.table.keep(SessionParts::described(1, wire::ServiceKind::private_tcp)); });
    auto [far, near] = transport::test::tcp_pair();
    SECTION("the service is unknown") {
        parts.intake.take(directory::Visitor(std::move(near), loopback(1), nullptr), 2);
    }
    SECTION("the session has ended") {
        parts.run([&] { parts.ended = true; });
        parts.intake.take(directory::Visitor(std::move(near), loopback(1), nullptr), 1);
    }
    SECTION("it is named, and has left") {
        parts.run([&] { parts.intake.accept_by_name(2, std::move(near), loopback(1)); });
    }
    SECTION("it is named, and of another kind") {
        parts.run([&] {
            parts.table.keep(SessionParts::described(3, wire::ServiceKind::http));
            parts.intake.accept_by_name(3, std::move(near), loopback(1));
        });
    }
    CHECK(error_at(far) == ECONNRESET);
    CHECK(parts.run([&] { return parts.intake.is_idle(); }));
}

TEST_CASE("visitor intake: an arrival counts as load until it has arrived, or is lost, and keeps the session") {
    IntakeParts parts;
    {
        auto lost = parts.intake.arrival();
        auto arrival = parts.intake.arrival();
        CHECK(parts.load.visitors(Clock::now()) == 2);
        CHECK_FALSE(parts.intake.is_idle());
        CHECK(arrival.arrived().get() == &parts.intake);
        CHECK(parts.load.visitors(Clock::now()) == 1);
    }
    CHECK(parts.intake.is_idle());
}

TEST_CASE("visitor streams: visitors beyond the token's quota are rejected, and counted once each") {
    IntakeParts parts;
    login::Rights rights;
    rights.visitors = 1;
    const std::vector<login::AcceptedToken> tokens{
        {"one", parts.token, {}, std::make_shared<const login::Rights>(rights)}};
    parts.shared->registry->set_rules(std::make_shared<const directory::RightRules>(tokens));
    parts.run([&] {
        directory::TokenUse::Counted first;
        directory::TokenUse::Counted second;
        CHECK(parts.streams.count(first, {}));
        CHECK(parts.streams.count(first, {}));
        CHECK_FALSE(parts.streams.count(second, {}));
        CHECK(parts.shared->counters->visitors_refused == 1);
        first.reset();
        CHECK(parts.streams.count(second, {}));
    });
}
