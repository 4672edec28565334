#include "mux/drain.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::mux {
namespace {

using wire::Code;

TEST_CASE("a drain has its final word when the ping has come back, and ends with the last stream", "[drain]") {
    Drain drain;
    CHECK_FALSE(drain.on_empty());
    CHECK_FALSE(drain.on_pong(100));
    drain.begin(Code::going_away, "restart");
    drain.await_ping(5);
    CHECK(drain.phase() == Drain::Phase::announced);
    CHECK_FALSE(drain.refuses_opens());
    CHECK_FALSE(drain.on_empty());
    CHECK_FALSE(drain.on_pong(4));
    REQUIRE(drain.on_pong(5));
    CHECK_FALSE(drain.on_pong(6));
    CHECK(drain.refuses_opens());
    CHECK(drain.code() == Code::going_away);
    CHECK(drain.text() == "restart");
    REQUIRE(drain.on_empty());
    CHECK_FALSE(drain.on_empty());
    CHECK(drain.refuses_opens());
    CHECK(drain.phase() == Drain::Phase::drained);
}

TEST_CASE("what the peer has said is remembered, its strongest word", "[drain]") {
    Drain drain;
    REQUIRE(drain.on_goaway(Code::rotated));
    CHECK_FALSE(drain.peer_drains());
    REQUIRE(drain.on_goaway(Code::going_away));
    CHECK(drain.peer_drains());
    CHECK_FALSE(drain.peer_is_over());
    REQUIRE(drain.on_goaway(Code::none));
    REQUIRE(drain.on_goaway(Code::rotated));
    CHECK(drain.peer_drains());
    CHECK(drain.peer_is_over());
    CHECK_FALSE(drain.on_goaway(Code::protocol));
    CHECK(drain.phase() == Drain::Phase::none);
}

}  // namespace
}  // namespace ferrotunnel::mux
