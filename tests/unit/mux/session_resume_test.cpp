// A session that outlives its connection.
#include <catch2/catch.hpp>

#include "unit/mux/resumable.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

TEST_CASE("a session without the feature is as it was", "[resume]") {
    SessionFixture fixture(resuming());
    CHECK_FALSE(fixture.session->is_resumable());
    fixture.feed(confirm_frame(0));
    CHECK(fixture.failure_code() == Code::protocol);
}

TEST_CASE("cut at every byte, the peer gets each byte once", "[resume]") {
    const auto story = [](Resumable& fixture) {
        IntrusivePtr<Stream> stream = fixture.open();
        fixture.send(*stream, 20'000, 'a');
        fixture.send_all();
        fixture.session->send_control(as_bytes(std::string(500, 'c')));
        stream->finish();
        fixture.send_all();
        return stream;
    };
    Resumable whole;
    const auto kept = story(whole);
    const Raw expected = whole.wire;
    // The cut itself makes a ping, which comes behind everything.
    for (std::size_t at = 0; at <= expected.size(); at += at < 300 || at + 700 > expected.size() ? 1 : 97) {
        Resumable fixture;
        const auto stream = story(fixture);
        fixture.cut_at(at);
        REQUIRE(fixture.wire.size() == expected.size() + wire::ping_frame_bytes);
        fixture.wire.resize(expected.size());
        REQUIRE(fixture.wire == expected);
    }
}

TEST_CASE("what comes in may be cut at every byte too", "[resume]") {
    Raw raw = open_frame(2) + data_frame(2, 3'000, 0, 'x') + ping_frame(9, false) + data_frame(2, 500, wire::flag::fin);
    for (std::size_t at = 0; at <= raw.size(); ++at) {
        Resumable fixture;
        const std::uint64_t before = fixture.session->received_bytes();
        fixture.feed(Raw(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(at)));
        REQUIRE(fixture.session->received_bytes() == before + at);
        fixture.cut_at(fixture.wire.size());
        fixture.feed(Raw(raw.begin() + static_cast<std::ptrdiff_t>(at), raw.end()));
        REQUIRE(fixture.failure_code() == Code::none);
        REQUIRE(fixture.events.opened.size() == 1);
        REQUIRE(SessionFixture::take_all(*fixture.events.opened[0]) == 3'500);
        fixture.send_all();
        const auto pings = of_type(fixture.frames(), FrameType::ping);
        REQUIRE(std::count_if(pings.begin(), pings.end(), [](const Frame& one) { return one.header.flags != 0; }) == 1);
    }
}

TEST_CASE("nothing new overtakes what the peer has missed", "[resume]") {
    Resumable fixture;
    IntrusivePtr<Stream> stream = fixture.open();
    fixture.send(*stream, 60'000, 'a');
    fixture.send_all();
    const std::size_t sent = fixture.wire.size();
    fixture.session->detach();
    fixture.wire.resize(sent - 50'000);
    fixture.session->send_control(as_bytes("urgent"));
    CHECK_FALSE(fixture.session->has_output());
    Batch nothing(fixture.pool);
    CHECK_FALSE(fixture.session->produce(nothing, fixture.now));
    const Raw login(40, 'L');
    fixture.session->reattach(sent - 50'000, login, fixture.now);
    Batch batch(fixture.pool);
    REQUIRE(fixture.session->produce(batch, fixture.now));
    CHECK(std::memcmp(batch.pieces().front().data(), login.data(), login.size()) == 0);
    Raw bytes;
    for (Bytes piece : batch.pieces()) {
        bytes.insert(bytes.end(), piece.begin(), piece.end());
    }
    fixture.wire.insert(fixture.wire.end(), bytes.begin() + 40, bytes.end());
    fixture.send_all();
    CHECK(payload_bytes(fixture.frames(), stream->id()) == 60'000);
    CHECK(of_type(fixture.frames(), FrameType::control).size() == 1);
    CHECK(fixture.session->stats().resumed == 1);
}

TEST_CASE("the login's own bytes count on neither side", "[resume]") {
    SessionFixture fixture(resuming(), false);
    fixture.session->send_control(as_bytes("welcome"));
    fixture.session->begin_resumable(window);
    fixture.session->establish({});
    const std::vector<Frame> sent = fixture.produce();
    REQUIRE(sent.size() == 2);
    fixture.session->detach();
    CHECK(fixture.session->can_reattach(wire::ping_frame_bytes));
    CHECK_FALSE(fixture.session->can_reattach(wire::ping_frame_bytes + 1));
}

TEST_CASE("bytes behind the end of the login count, in the same read", "[resume]") {
    Settings settings = resuming(client_settings());
    SessionFixture fixture(settings, false);
    struct Login final : SessionEvents {
        void on_control(Bytes) override {
            session->begin_resumable(window);
            session->establish({});
        }
        void on_open(IntrusivePtr<Stream>, const wire::Open&) override {}
        void on_goaway(Code, std::string_view) override {}
        void on_drained() override {}
        void on_rotate_due() override {}
        Session* session = nullptr;
    } login;
    Session session(settings, login, fixture.waker, fixture.pool, fixture.random, fixture.now);
    login.session = &session;
    const Raw behind = ping_frame(1, false) + Raw(3, 0);  // and the beginning of a frame
    const Raw raw = control_frame(50) + behind;
    buffer::SlabPtr slab = fixture.pool.acquire(session.ledger().get());
    std::memcpy(slab->data(), raw.data(), raw.size());
    session.receive({slab, 0, static_cast<std::uint32_t>(raw.size())}, fixture.now);
    CHECK(session.received_bytes() == behind.size());
}

TEST_CASE("a side confirms beside other frames, by itself when it has to, and before it answers a ping", "[resume]") {
    Resumable fixture;
    const std::size_t before = fixture.wire.size();
    const auto confirms = [&] {
        fixture.send_all();
        return of_type(
            SessionFixture::cut(Raw(fixture.wire.begin() + static_cast<std::ptrdiff_t>(before), fixture.wire.end())),
            FrameType::confirm);
    };
    const auto last_count = [&] { return wire::decode_confirm(confirms().back().payload).value(); };
    const auto feed_until = [&](std::uint64_t count) {
        while (fixture.session->received_bytes() < count) {
            fixture.feed(control_frame(16'000));
        }
    };
    fixture.feed(control_frame(16'000));
    fixture.session->send_control(as_bytes("too few bytes for a CONFIRM beside it"));
    CHECK(confirms().empty());
    feed_until(limits::confirm_every / 2);
    CHECK_FALSE(fixture.session->has_output());
    fixture.session->send_control(as_bytes("enough"));
    REQUIRE(confirms().size() == 1);
    const std::uint64_t told = last_count();
    CHECK(told == fixture.session->received_bytes());
    feed_until(told + limits::confirm_every - 16'008);
    CHECK_FALSE(fixture.session->has_output());
    fixture.feed(control_frame(16'000));
    REQUIRE(confirms().size() == 2);
    CHECK(last_count() == fixture.session->received_bytes());
    fixture.feed(ping_frame(7, false));
    REQUIRE(confirms().size() == 3);
    CHECK(last_count() == fixture.session->received_bytes());
    CHECK(fixture.frames().back().header.type == FrameType::ping);
}

TEST_CASE("with more memory a side confirms by itself less often", "[resume]") {
    Settings settings = resuming();
    settings.resume_memory = limits::resume_memory_usual;
    Resumable fixture(settings);
    const std::uint64_t told = fixture.session->received_bytes();
    while (fixture.session->received_bytes() + 16'008 < told + 4 * limits::confirm_every) {
        fixture.feed(control_frame(16'000));
        REQUIRE_FALSE(fixture.session->has_output());
    }
    fixture.feed(control_frame(16'000));
    CHECK(fixture.session->has_output());
}

TEST_CASE("data stops at the bound, asks, and continues when the peer confirms", "[resume]") {
    Settings settings = resuming();
    settings.send_queue_max = 8'388'608;
    Resumable fixture(settings);
    IntrusivePtr<Stream> stream = fixture.open();
    fixture.send_all();
    fixture.feed(opened_frame(stream->id(), 16'000'000));
    fixture.send(*stream, 4'000'000);
    fixture.send_all();
    CHECK(fixture.session->stats().bytes_kept >= limits::resume_memory_min);
    CHECK(fixture.session->stats().bytes_kept < 2 * limits::resume_memory_min);
    CHECK(payload_bytes(fixture.frames(), stream->id()) < 2'000'000);
    CHECK_FALSE(fixture.session->has_output());
    std::uint64_t asked = 0;
    for (const Frame& frame : of_type(fixture.frames(), FrameType::ping)) {
        asked = wire::decode_ping(frame.payload).value();
    }
    CHECK(asked == 2);  // after the first one, of the login
    fixture.session->send_control(as_bytes("still heard"));
    fixture.send_all();
    CHECK(fixture.frames().back().header.type == FrameType::control);
    for (int round = 0; round < 20; ++round) {
        const int wakes = fixture.waker->count;
        fixture.feed(confirm_frame(fixture.wire.size()));
        CHECK((round > 0 || (fixture.waker->count > wakes && fixture.session->has_output())));
        fixture.feed(ping_frame(asked, true));
        fixture.send_all();
        for (const Frame& frame : of_type(fixture.frames(), FrameType::ping)) {
            asked = wire::decode_ping(frame.payload).value();
        }
    }
    CHECK(payload_bytes(fixture.frames(), stream->id()) == 4'000'000);
}

TEST_CASE("a peer that never confirms does not make a session keep without end", "[resume]") {
    Resumable fixture;
    std::uint64_t kept = 0;
    for (int i = 0; i < 2'000'000 && !fixture.session->failure(); ++i) {
        fixture.feed(ping_frame(100, false));
        fixture.wire.clear();
        Batch batch(fixture.pool);
        (void)fixture.session->produce(batch, fixture.now);
        if ((i & 1023) == 0) {
            fixture.session->send_control(Raw(16'000, 'c'));
        }
        kept = std::max(kept, fixture.session->stats().bytes_kept);
    }
    CHECK(fixture.failure_code() == Code::limit);
    CHECK(kept < 2 * limits::resume_memory_min + 2 * limits::urgent_bytes_max + 1'000'000);
}

TEST_CASE("what cannot have been received ends the session", "[resume]") {
    Resumable fixture;
    fixture.feed(confirm_frame(fixture.wire.size() + 1));
    CHECK(fixture.failure_code() == Code::protocol);
    Resumable other;
    other.feed(confirm_frame(10));
    other.feed(confirm_frame(9));
    CHECK(other.failure_code() == Code::none);  // an older one, sent again after a resume
}

TEST_CASE("silence ends the connection soon, and the session after its time", "[resume]") {
    struct Silence final : SessionEvents {
        void on_control(Bytes) override {}
        void on_open(IntrusivePtr<Stream>, const wire::Open&) override {}
        void on_goaway(Code, std::string_view) override {}
        void on_drained() override {}
        void on_rotate_due() override {}
        void on_silent() override {
            ++silent;
            session->detach();
        }
        int silent = 0;
        Session* session = nullptr;
    } events;
    SessionFixture fixture(resuming(), false);
    Session session(resuming(), events, fixture.waker, fixture.pool, fixture.random, fixture.now);
    events.session = &session;
    session.begin_resumable(window);
    session.establish({});
    const TimePoint start = fixture.now;
    TimePoint now = start;
    while (!session.is_detached()) {
        Batch batch(fixture.pool);
        (void)session.produce(batch, now);
        session.written(batch.bytes(), now);
        now = session.next_deadline();
        session.tick(now);
    }
    CHECK(events.silent == 1);
    CHECK(now - start == window / limits::resume_dead_part);
    CHECK(session.resumable_until() == start + window);
    CHECK(session.next_deadline() == start + window);
    CHECK_FALSE(session.failure());
    session.tick(now + 15s);
    CHECK(session.is_detached());
}

TEST_CASE("an open that waits has its whole time again after a pause", "[resume]") {
    Resumable fixture;
    IntrusivePtr<Stream> stream = fixture.open();
    fixture.send_all();
    fixture.now += 15s;
    fixture.session->detach();
    fixture.tick_after(14s);
    CHECK_FALSE(stream->stream_end());
    fixture.session->reattach(fixture.wire.size(), {}, fixture.now);
    fixture.feed(ping_frame(2, true));
    for (int i = 0; i < 2; ++i) {
        fixture.tick_after(9s);
        CHECK_FALSE(stream->stream_end());
        fixture.feed(ping_frame(99, true));
    }
    fixture.tick_after(3s);
    CHECK(stream->stream_end());
}

TEST_CASE("who has said goodbye is not waited for", "[resume]") {
    Resumable fixture;
    fixture.feed(goaway_frame(0, Code::going_away));
    CHECK(fixture.session->is_resumable());
    CHECK(fixture.session->peer_drains());
    fixture.feed(goaway_frame(0, Code::none));
    CHECK_FALSE(fixture.session->is_resumable());
    Resumable failed;
    failed.session->fail(Code::internal, "over");
    CHECK_FALSE(failed.session->is_resumable());
}

TEST_CASE("where memory is short a session is not waited for", "[resume]") {
    Resumable fixture;
    fixture.session->detach();
    fixture.session->shared()->request_reclaim(limits::resume_give_up_least - 1);
    fixture.session->tick(fixture.now);
    CHECK(fixture.session->is_resumable());  // others hold more
    fixture.session->shared()->request_reclaim(limits::resume_give_up_least);
    fixture.session->tick(fixture.now);
    CHECK(fixture.session->resumable_until() < fixture.now);
    CHECK_FALSE(fixture.session->is_resumable());
}

TEST_CASE("a stream that ends meanwhile is served, and its peer is told later", "[resume]") {
    Resumable fixture;
    IntrusivePtr<Stream> stream = fixture.open();
    fixture.send_all();
    const std::size_t sent = fixture.wire.size();
    fixture.session->detach();
    stream->abort(Code::cancelled);
    Batch batch(fixture.pool);
    CHECK_FALSE(fixture.session->produce(batch, fixture.now));
    CHECK(fixture.session->stream_count() == 0);
    fixture.session->reattach(sent, {}, fixture.now);
    fixture.send_all();
    const auto resets = of_type(fixture.frames(), FrameType::reset);
    REQUIRE(resets.size() == 1);
    CHECK(resets[0].reset().code == Code::cancelled);
}
