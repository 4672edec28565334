// Succession by itself: who is told to drain, and when.
#include "session/session_succession.hpp"

#include <catch2/catch.hpp>

#include "support/eventually.hpp"
#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using ferrotunnel::test::eventually;

namespace {

struct SuccessionParts : SessionParts {
    ~SuccessionParts() {
        run([&] { succession.stop(); });
    }

    int yields = 0;
    int drains = 0;
    int is_replaced = 0;
    const IntrusivePtr<trunk::Trunk> none;
    SessionSuccession succession{SessionSuccession::Needs{
        at, executor, table, none, [this](const wire::ControlPayload& payload) { sent.push_back(payload); },
        [this] { return ended; }, [this] { ++yields; }, [this] { ++drains; }, [this] { ++is_replaced; }}};
};

}  // namespace

TEST_CASE("session succession: a session without services drains as soon as it yields, once") {
    SuccessionParts parts;
    parts.run([&] {
        parts.succession.yield();
        parts.succession.yield();
        parts.succession.check_yielded();
    });
    CHECK(parts.yields == 1);
    CHECK(parts.drains == 1);
    CHECK(parts.view.is_retired());
}

TEST_CASE("session succession: a session drains when its successor has the services, or when time has passed") {
    SuccessionParts parts;
    const bool in_time = GENERATE(true, false);
    parts.shared->handshake_deadline = in_time ? std::chrono::hours(1) : std::chrono::milliseconds(1);
    parts.run([&] {
        parts.table.keep(SessionParts::described(1, wire::ServiceKind::private_tcp));
        parts.succession.yield();
        if (in_time) {
            CHECK(parts.drains == 0);
            parts.table.forget(1);
            parts.succession.check_yielded();
        }
    });
    CHECK(eventually([&] { return parts.run([&] { return parts.drains; }) == 1; }));
}

TEST_CASE("session succession: a session that is replaced retires at once, and tells its client a little later") {
    SuccessionParts parts;
    parts.run([&] {
        parts.table.keep(SessionParts::described(1, wire::ServiceKind::private_tcp));
        parts.succession.on_replaced("192.0.2.1:5");
        parts.succession.on_replaced("192.0.2.1:6");
        CHECK(parts.sent.empty());
        CHECK(parts.table.size() == 1);
    });
    CHECK(parts.is_replaced == 1);
    CHECK(parts.succession.is_replaced());
    CHECK(parts.view.is_retired());
    CHECK(eventually([&] { return parts.run([&] { return parts.sent.size(); }) == 1; }));
    const auto message = wire::decode_control(parts.sent.front());
    REQUIRE(message);
    const auto* const told = std::get_if<wire::Replaced>(&*message);
    REQUIRE(told != nullptr);
    CHECK(told->text == "Another client with the same identity replaced this one, from 192.0.2.1:5.");
    CHECK(parts.run([&] { return parts.table.size(); }) == 0);
}

TEST_CASE("session succession: a client that takes over where there is no other learns that") {
    SuccessionParts parts;
    parts.admit();
    parts.run([&] { parts.succession.begin_handover(); });
    CHECK(eventually([&] { return parts.run([&] { return parts.sent.size(); }) == 1; }));
    const auto message = wire::decode_control(parts.sent.front());
    REQUIRE(message);
    REQUIRE(std::holds_alternative<wire::TakenOver>(*message));
    CHECK(std::get<wire::TakenOver>(*message).clients == 0);
}
