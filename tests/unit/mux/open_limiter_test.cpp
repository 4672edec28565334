#include "mux/open_limiter.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

struct OpenLimits : SessionParts {
    OpenLimits() : SessionParts(few()) {}
    static Settings few() {
        Settings settings = server_settings();
        settings.opens_max = 4;
        settings.opens_per_service_max = 2;
        settings.streams_max = 10;
        return settings;
    }
};

TEST_CASE_METHOD(OpenLimits, "no service has all the room of unanswered opens", "[opens]") {
    open(1, 7);
    CHECK(opens.may_open(7, 1));
    const auto second = open(3, 7);
    CHECK(opens.is_full(7));
    CHECK_FALSE(opens.may_open(7, 2));
    CHECK(opens.may_open(8, 2));
    open(5, 0);
    CHECK(opens.may_open(0, 3));
    open(7, 0);
    CHECK_FALSE(opens.may_open(0, 4));
    CHECK_FALSE(opens.may_open(8, 4));
    table.answer(*second);
    CHECK(opens.may_open(7, 3));
    CHECK(opens.own() == 3);
}

TEST_CASE_METHOD(OpenLimits, "the peer has the same bounds, apart from ours", "[opens]") {
    open(2, 7);
    open(4, 7);
    CHECK_FALSE(opens.may_accept(7, 2));
    CHECK(opens.may_accept(8, 2));
    CHECK_FALSE(opens.may_accept(8, 10));
    CHECK(opens.may_open(7, 2));
    open(6, 0);
    CHECK(opens.may_accept(0, 3));
    open(8, 0);
    CHECK_FALSE(opens.may_accept(0, 4));
    CHECK(opens.peer() == 4);
}

TEST_CASE_METHOD(OpenLimits, "what the peer announced holds, and its first window never rises", "[opens]") {
    PeerLimits peer;
    peer.opens_max = 1;
    peer.streams_max = 3;
    peer.first_window = 32_KiB;
    opens.set_peer(peer);
    CHECK_FALSE(opens.may_open(0, 3));
    CHECK(opens.peer_first_window() == 32_KiB);
    opens.set_peer_first_window(8_KiB);
    CHECK(opens.peer_first_window() == 8_KiB);
    opens.set_peer_first_window(64_KiB);
    CHECK(opens.peer_first_window() == 32_KiB);
    open(1);
    CHECK(opens.is_full(0));
}

TEST_CASE_METHOD(OpenLimits, "room is due where a caller waits, once", "[opens]") {
    const auto first = open(1);
    const auto second = open(3);
    table.answer(*first);
    CHECK_FALSE(opens.is_room_due());
    opens.want_room();
    CHECK_FALSE(opens.is_room_due());
    table.answer(*second);
    CHECK(opens.is_room_due());
    opens.consume_room();
    CHECK_FALSE(opens.is_room_due());
}

TEST_CASE_METHOD(OpenLimits, "an open that is not answered in time ends", "[opens]") {
    const auto own = open(1);
    const auto of_peer = open(2);
    context.now += context.settings.open_deadline - 1ms;
    CHECK(table.next_deadline() == context.now + 1ms);
    table.end_overdue();
    CHECK_FALSE(own->stream_end());
    context.now += 1ms;
    table.end_overdue();
    CHECK(own->stream_end().code == Code::timeout);
    CHECK_FALSE(of_peer->stream_end());
    CHECK(outbox.aborts() == 1);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
