// Pings, silence, and a trunk that takes nothing.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

Settings patient() {
    Settings settings = server_settings();
    settings.write_timeout = 1h;
    return settings;
}

// Pings come up to a fifth earlier than their interval, at random.
constexpr Duration ping_earliest = limits::ping_interval * 4 / 5;

}  // namespace

TEST_CASE("a quiet session is pinged, once per interval") {
    SessionFixture fixture(patient());
    fixture.tick_after(ping_earliest - 1ms);
    REQUIRE(fixture.produce().empty());
    fixture.tick_after(limits::ping_interval - ping_earliest + 1ms);
    auto pings = fixture.produce();
    REQUIRE(pings.size() == 1);
    REQUIRE(pings[0].header.type == FrameType::ping);
    REQUIRE(pings[0].header.flags == 0);
    fixture.tick_after(1s);
    REQUIRE(fixture.produce().empty());
}

TEST_CASE("any byte puts the ping off") {
    SessionFixture fixture(patient());
    Raw frame = control_frame(100);
    for (std::uint8_t byte : frame) {
        fixture.tick_after(ping_earliest - 1ms);
        fixture.feed({byte});
        REQUIRE(fixture.session->last_heard() == fixture.now);
        REQUIRE(fixture.produce().empty());
    }
    REQUIRE(fixture.events.controls.size() == 1);
}

TEST_CASE("a peer that says nothing for the dead interval is dead") {
    SessionFixture fixture(patient());
    auto stream = fixture.open();
    fixture.produce();
    fixture.feed(opened_frame(1, 0));
    TimePoint heard = fixture.now;
    while (fixture.session->next_deadline() < heard + limits::dead_interval) {
        fixture.now = fixture.session->next_deadline();
        fixture.tick_after(0ms);
        fixture.produce();  // pings into the void
    }
    REQUIRE(fixture.failure_code() == Code::none);
    REQUIRE(fixture.session->next_deadline() == heard + limits::dead_interval);
    fixture.now = heard + limits::dead_interval - 1ms;
    fixture.tick_after(0ms);
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.tick_after(1ms);
    REQUIRE(fixture.failure_code() == Code::silent);
    REQUIRE_FALSE(fixture.session->failure()->by_peer);
    REQUIRE(stream->stream_end().kind == StreamEnd::Kind::lost);
    REQUIRE(fixture.produce().back().goaway().code == Code::silent);
}

TEST_CASE("a peer may ask for earlier pings and an earlier end, within bounds and not for later ones") {
    const auto asked = GENERATE(0ms, 1ms, 4'000ms, 1'000'000ms);
    const Duration floor = asked == 4'000ms ? Duration(4s) : Duration(limits::ping_asked_min);
    const Duration expected = asked == 0ms || asked == 1'000'000ms ? Duration(limits::ping_interval) : floor;
    Settings settings = patient();
    Liveness liveness(settings, 0, TimePoint{});
    liveness.shorten(asked, 3 * asked);
    CHECK_FALSE(liveness.ping_due(TimePoint{} + expected - 1ms));
    CHECK(liveness.ping_due(TimePoint{} + expected));
    CHECK_FALSE(liveness.dead(TimePoint{} + 3 * expected - 1ms));
    CHECK(liveness.dead(TimePoint{} + 3 * expected));
    Liveness early(settings, 199, TimePoint{});  // the jitter stays
    early.shorten(asked, 3 * asked);
    CHECK(early.ping_due(TimePoint{} + expected * 81 / 100));
}

TEST_CASE("data that the trunk does not take is dead after a while, whatever is heard") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.send(*stream, 1'000);
    Batch batch(fixture.pool);
    REQUIRE(fixture.session->produce(batch, fixture.now));
    REQUIRE(fixture.session->next_deadline() <= fixture.now + limits::write_timeout);

    SECTION("nothing is taken") {
        fixture.now += limits::write_timeout - 1ms;
        fixture.feed(control_frame(1));
        fixture.tick_after(0ms);
        REQUIRE(fixture.failure_code() == Code::none);
        fixture.tick_after(1ms);
        REQUIRE(fixture.failure_code() == Code::silent);
    }
    SECTION("a byte now and then is progress") {
        for (int i = 0; i < 5; ++i) {
            fixture.now += limits::write_timeout - 1ms;
            fixture.feed(control_frame(1));
            fixture.session->written(1, fixture.now);
            fixture.session->tick(fixture.now);
            REQUIRE(fixture.failure_code() != Code::silent);
        }
    }
    SECTION("what was written whole needs no progress any more") {
        fixture.session->written(batch.bytes(), fixture.now);
        fixture.now += limits::write_timeout * 2;
        fixture.feed(control_frame(1));
        fixture.tick_after(0ms);
        REQUIRE(fixture.failure_code() != Code::silent);
    }
}

TEST_CASE("nothing written and idle: the write deadline begins with the next write") {
    SessionFixture fixture;
    fixture.now += 1h;
    fixture.feed(control_frame(1));
    auto stream = fixture.open();
    Batch batch(fixture.pool);
    REQUIRE(fixture.session->produce(batch, fixture.now));
    fixture.tick_after(1ms);
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.session->written(batch.bytes(), fixture.now);
}

TEST_CASE("the answer to a ping is a sample of the round trip, and the smallest of a minute counts") {
    SessionFixture fixture(patient(), false);
    fixture.session->establish({});
    REQUIRE(fixture.session->stats().rtt_min == Duration::zero());
    auto sample = [&](Duration rtt) {
        std::vector<Frame> pings = of_type(fixture.produce(), FrameType::ping);
        fixture.now += rtt;
        fixture.feed(ping_frame(wire::decode_ping(pings.at(0).payload).value(), true));
    };
    sample(30ms);
    REQUIRE(fixture.session->stats().rtt_min == 30ms);
    fixture.session->ping(fixture.now);
    sample(50ms);
    REQUIRE(fixture.session->stats().rtt_min == 30ms);
    fixture.session->ping(fixture.now);
    sample(10ms);
    REQUIRE(fixture.session->stats().rtt_min == 10ms);
    // Old samples are forgotten.
    for (int i = 0; i < 3; ++i) {
        fixture.now += limits::rtt_memory / 2;
        fixture.session->ping(fixture.now);
        sample(40ms);
    }
    REQUIRE(fixture.session->stats().rtt_min == 40ms);
}

TEST_CASE("an answer that nobody asked for means nothing") {
    SessionFixture fixture(patient());
    Duration before = fixture.session->stats().rtt_min;
    fixture.now += 1s;
    fixture.feed(ping_frame(12'345, true) + ping_frame(0, true));
    REQUIRE(fixture.failure_code() == Code::none);
    REQUIRE(fixture.session->stats().rtt_min == before);
    REQUIRE(fixture.produce().empty());
}

TEST_CASE("a ping is answered with its own bytes") {
    SessionFixture fixture;
    fixture.feed(ping_frame(0x0123'4567'89ab'cdef, false));
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].header.flags == wire::flag::ack);
    REQUIRE(wire::decode_ping(frames[0].payload) == 0x0123'4567'89ab'cdef);
}
