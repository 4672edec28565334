// Streams of which one end is gone: how long the other end may keep them.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

constexpr Duration patience = limits::orphan_timeout;
constexpr auto moment = 1ms;

/// An answered stream whose peer lives and gives no credit beyond the first window.
struct Orphan : SessionFixture {
    Orphan() : stream(open()) {
        produce();
        feed(opened_frame(1, 0));
    }
    /// Sends more than the peer takes.
    void fill() {
        send(*stream, limits::first_window);
        produce();
        REQUIRE(stream->queued_bytes() > 0);
    }
    std::vector<Frame> after(Duration time) {
        while (time > Duration::zero()) {  // the peer answers pings all the time
            const Duration step = std::min<Duration>(time, 1s);
            feed(ping_frame(1, true));
            tick_after(step);
            time -= step;
        }
        std::vector<Frame> frames = produce();
        return frames;
    }
    std::vector<Frame> resets_after(Duration time) { return of_type(after(time), FrameType::reset); }

    IntrusivePtr<Stream> stream;
};

}  // namespace

TEST_CASE("limit: a reset that waits for credit overtakes what is before it when nothing has moved for the patience") {
    Orphan orphan;
    orphan.fill();
    orphan.stream->reset(Code::connection_reset);
    orphan.stream->stop_receiving();
    orphan.produce();
    CHECK(orphan.resets_after(patience - moment).empty());
    CHECK(orphan.session->stats().streams == 1);
    const auto resets = orphan.resets_after(moment);
    REQUIRE(resets.size() == 1);
    CHECK(resets[0].header.flags == wire::flag::abort);
    CHECK(resets[0].reset().code == Code::too_slow);
    CHECK(orphan.session->stats().streams == 0);
    CHECK(orphan.stream->queued_bytes() == 0);
}

TEST_CASE("an orphan lives for as long as its peer takes anything") {
    Orphan orphan;
    orphan.send(*orphan.stream, 2 * limits::first_window);
    orphan.produce();
    orphan.stream->reset(Code::connection_reset);
    orphan.stream->stop_receiving();
    for (int i = 0; i < 8; ++i) {
        CHECK(orphan.resets_after(patience - moment).empty());
        orphan.feed(credit_frame(1, 2'000));
        CHECK(payload_bytes(orphan.produce(), 1) > 0);
    }
    REQUIRE(orphan.session->stats().streams == 1);
    orphan.feed(credit_frame(1, 1'000'000));
    const auto resets = of_type(orphan.produce(), FrameType::reset);
    REQUIRE(resets.size() == 1);
    CHECK(resets[0].header.flags == 0);  // in order
}

TEST_CASE("who has left and has sent everything is reset behind that, and not before it") {
    Orphan orphan;
    orphan.send(*orphan.stream, 100);
    orphan.stream->finish();
    orphan.stream->leave();
    CHECK(payload_bytes(orphan.produce(), 1) == 100);
    CHECK(orphan.resets_after(patience - moment).empty());
    const auto resets = orphan.resets_after(moment);
    REQUIRE(resets.size() == 1);
    CHECK(resets[0].header.flags == 0);
    CHECK(orphan.session->stats().streams == 0);
    CHECK(orphan.stream->stream_end().kind == StreamEnd::Kind::aborted);
}

TEST_CASE("one direction that has ended in order is no end that is gone") {
    Orphan orphan;
    SECTION("this side's") {
        orphan.stream->finish();
        orphan.produce();
    }
    SECTION("this side's, behind what the peer does not take") {
        orphan.fill();
        orphan.stream->finish();
        orphan.produce();
    }
    SECTION("the peer's") {
        orphan.feed(fin_frame(1));
    }
    CHECK(orphan.resets_after(10 * patience).empty());
    CHECK(orphan.session->stats().streams == 1);
}

TEST_CASE("a socket that takes nothing more may still be silent, and then give something") {
    Orphan orphan;
    orphan.stream->stop_receiving();
    CHECK(orphan.resets_after(3 * patience).empty());
    orphan.send(*orphan.stream, 100);
    CHECK(payload_bytes(orphan.produce(), 1) == 100);
}

TEST_CASE("an orphan that was never answered has the deadline of its open") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.send(*stream, limits::first_window);
    fixture.produce();
    stream->reset(Code::connection_reset);
    stream->stop_receiving();
    SECTION("and the patience when it is answered") {
        fixture.feed(opened_frame(1, 0));
        for (int i = 0; i < 3; ++i) {
            fixture.produce();
            CHECK(fixture.session->stats().streams == 1);
            fixture.feed(ping_frame(1, true));
            fixture.tick_after(patience / 3);
        }
        CHECK(fixture.session->stats().streams == 0);
    }
    SECTION("which comes first") {
        fixture.tick_after(limits::open_answer_deadline);
        CHECK(fixture.session->stats().streams == 0);
    }
}

TEST_CASE("an endpoint that is behind is woken when the stream has ended and nobody else is left") {
    Orphan orphan;
    orphan.stream->finish();
    orphan.produce();
    (void)orphan.stream->try_park_receive();
    orphan.feed(data_frame(1, 100));  // the endpoint is woken, and does not take it
    orphan.stream_waker->count = 0;
    orphan.feed(data_frame(1, 100, wire::flag::fin));
    CHECK(orphan.session->stats().streams == 0);
    CHECK(orphan.stream_waker->count == 1);
    CHECK(orphan.stream->send_is_dead());
}

TEST_CASE("what is taken behind the end concerns nobody") {
    Orphan orphan;
    for (int i = 0; i < 20; ++i) {
        orphan.feed(data_frame(1, 2'000));
    }
    orphan.feed(fin_frame(1));
    orphan.produce();
    orphan.waker->count = 0;
    CHECK(SessionFixture::take_all(*orphan.stream) == 40'000);
    CHECK(orphan.waker->count == 0);
}
