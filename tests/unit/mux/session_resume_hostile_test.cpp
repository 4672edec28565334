// Resumable sessions whose peer does not keep to the rules, or whose connection is cut again and again: what they hold,
// and for how long.
#include <catch2/catch.hpp>

#include "unit/mux/resumable.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

Settings with_large_queue() {
    Settings settings = resuming();
    settings.send_queue_max = 8'388'608;
    return settings;
}

/// A session that keeps as much as it may, since its peer takes everything and confirms nothing.
struct AtBound : Resumable {
    AtBound() : Resumable(with_large_queue()), stream(open()) {
        send_all();
        feed(opened_frame(stream->id(), 16'000'000));
        send(*stream, 4'000'000);
        send_all();
        REQUIRE(session->stats().bytes_kept >= limits::resume_memory_min);
    }
    /// Lets time pass, during which the peer says something else.
    void pass(Duration time) {
        now += time;
        feed(ping_frame(77, false));
        session->tick(now);
        send_all();
    }

    IntrusivePtr<Stream> stream;
};

}  // namespace

TEST_CASE("a ping that is answered without a CONFIRM ends the session", "[resume]") {
    Resumable fixture;
    IntrusivePtr<Stream> stream = fixture.open();
    fixture.send(*stream, 50'000);
    fixture.send_all();
    const std::uint64_t sent = fixture.wire.size();
    fixture.session->ping(fixture.now);
    fixture.send_all();
    const std::uint64_t asked = wire::decode_ping(fixture.frames().back().payload).value();
    SECTION("it says nothing of what has come") {
        fixture.feed(ping_frame(asked, true));
        CHECK(fixture.failure_code() == Code::protocol);
    }
    SECTION("it says too little") {
        fixture.feed(confirm_frame(sent - 1) + ping_frame(asked, true));
        CHECK(fixture.failure_code() == Code::protocol);
    }
    SECTION("it says what had come before the ping") {
        fixture.feed(confirm_frame(sent) + ping_frame(asked, true));
        CHECK(fixture.failure_code() == Code::none);
    }
    SECTION("the connection is lost in between, and the resume has said it") {
        fixture.cut_at(fixture.wire.size());
        fixture.feed(ping_frame(asked, true));
        CHECK(fixture.failure_code() == Code::none);
    }
}

TEST_CASE("a peer that leaves everything unconfirmed is given up after a while", "[resume]") {
    AtBound fixture;
    const TimePoint full_since = fixture.now;
    while (fixture.now + 5s < full_since + limits::resume_confirm_timeout) {
        fixture.pass(5s);
        REQUIRE_FALSE(fixture.session->failure());
    }
    CHECK(fixture.session->next_deadline() <= full_since + limits::resume_confirm_timeout);
    fixture.pass(5s);
    CHECK(fixture.failure_code() == Code::limit);
}

TEST_CASE("a peer that confirms at last is not given up", "[resume]") {
    AtBound fixture;
    fixture.pass(limits::resume_confirm_timeout - 1s);
    REQUIRE_FALSE(fixture.session->failure());
    fixture.feed(confirm_frame(100'000));
    fixture.pass(2s);
    CHECK_FALSE(fixture.session->failure());
}

TEST_CASE("where memory is short, what a silent peer makes a session keep goes before any stream", "[resume]") {
    AtBound fixture;
    fixture.pass(1s);
    const std::uint64_t held = fixture.session->shared()->memory();
    fixture.session->shared()->request_reclaim(limits::resume_memory_min);
    fixture.session->tick(fixture.now);
    CHECK(fixture.session->stats().bytes_kept == 0);
    CHECK(fixture.session->shared()->memory() + limits::resume_memory_min / 2 < held);
    CHECK_FALSE(fixture.stream->stream_end());
    // It continues as one that cannot be resumed.
    CHECK_FALSE(fixture.session->is_resumable());
    fixture.send_all();
    CHECK(payload_bytes(fixture.frames(), fixture.stream->id()) == 4'000'000);
    CHECK(fixture.session->stats().bytes_kept == 0);
    fixture.feed(confirm_frame(fixture.wire.size()));
    CHECK_FALSE(fixture.session->failure());
    fixture.feed(confirm_frame(fixture.wire.size() + 1));
    CHECK(fixture.failure_code() == Code::protocol);
}

TEST_CASE("where memory is short, a session whose peer confirms stays one that can be resumed", "[resume]") {
    AtBound fixture;
    fixture.pass(1s);
    fixture.feed(confirm_frame(100'000));
    fixture.session->shared()->request_reclaim(limits::resume_memory_min);
    fixture.session->tick(fixture.now);
    CHECK(fixture.session->is_resumable());
    CHECK(fixture.session->stats().bytes_kept > 0);
}

TEST_CASE("what is to be sent again is kept until it was, whoever gives the resume up", "[resume]") {
    Resumable fixture;
    IntrusivePtr<Stream> stream = fixture.open();
    fixture.send(*stream, 60'000, 'a');
    fixture.send_all();
    const std::size_t sent = fixture.wire.size();
    fixture.session->detach();
    fixture.wire.resize(sent - 50'000);
    fixture.session->reattach(sent - 50'000, {}, fixture.now);
    fixture.session->give_up_resume();
    CHECK_FALSE(fixture.session->is_resumable());
    fixture.send_all();
    CHECK(payload_bytes(fixture.frames(), stream->id()) == 60'000);
    CHECK(fixture.session->stats().bytes_kept == 0);
}

TEST_CASE("connections on which nothing comes do not keep a session alive", "[resume]") {
    Resumable fixture;
    fixture.feed(ping_frame(5, false));
    const TimePoint heard = fixture.now;
    for (int cut = 0; cut < 5; ++cut) {
        fixture.cut_at(fixture.wire.size());  // 3 s each
        CHECK(fixture.session->resumable_until() == heard + window);
    }
    fixture.feed(ping_frame(6, false));
    CHECK(fixture.session->resumable_until() == fixture.now + window);
}

TEST_CASE("an end that is gone has its whole time again after a pause", "[resume]") {
    Resumable fixture;
    IntrusivePtr<Stream> stream = fixture.open();
    fixture.send_all();
    fixture.feed(opened_frame(stream->id(), 0));
    fixture.send(*stream, 200'000);  // more than there is credit for
    stream->finish();
    stream->leave();
    fixture.send_all();
    fixture.now += 50s;
    fixture.feed(ping_frame(1, false));
    fixture.session->detach();
    fixture.now += 20s;
    fixture.session->reattach(fixture.wire.size(), {}, fixture.now);
    const auto pass = [&](Duration time) {
        fixture.now += time;
        fixture.feed(ping_frame(2, false));
        fixture.session->tick(fixture.now);
        fixture.send_all();
    };
    pass(1s);
    CHECK_FALSE(stream->stream_end());
    for (int i = 0; i < 7; ++i) {
        pass(9s);
    }
    CHECK(stream->stream_end());
}
