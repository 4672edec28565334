// What a session does when memory is short: its own budget and cap, and what the process asks of it.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

// The first window that was announced last, if one was.
std::optional<std::uint32_t> announced(const std::vector<Frame>& frames) {
    std::optional<std::uint32_t> window;
    for (const Frame& frame : frames) {
        if (frame.is(FrameType::credit, 0)) {
            window = frame.credit();
        }
    }
    return window;
}

// Lets time pass with pings and their answers, so that the peer lives.
void pass(SessionFixture& fixture, Duration time, std::vector<Frame>* said = nullptr) {
    for (Duration gone{}; gone < time; gone += 500ms) {
        fixture.tick_after(500ms);
        auto frames = fixture.produce();
        for (const Frame& frame : frames) {
            if (frame.header.type == FrameType::ping) {
                fixture.feed(ping_frame(wire::decode_ping(frame.payload).value(), true));
            }
        }
        if (said != nullptr) {
            said->insert(said->end(), frames.begin(), frames.end());
        }
    }
}

Settings budget_of(std::uint64_t bytes) {
    Settings settings = client_settings();
    settings.budget = bytes;
    return settings;
}

// Streams 1, 3, ... that nobody reads, each with `frames` of 15,000 bytes.
void fill(SessionFixture& fixture, std::uint32_t streams, int frames) {
    for (std::uint32_t i = 0; i < streams; ++i) {
        fixture.feed(open_frame(1 + 2 * i));
        for (int n = 0; n < frames; ++n) {
            fixture.feed(data_frame(1 + 2 * i, 15'000));
        }
    }
}

}  // namespace

TEST_CASE("limit: what visitors do not read leaves others with small windows for ten seconds, and not longer") {
    SessionFixture fixture(budget_of(200'000));
    fill(fixture, 2, 4);
    REQUIRE(announced(fixture.produce()) == limits::first_window_tight);
    std::vector<Frame> said;
    pass(fixture, limits::set_aside_after - 500ms, &said);
    CHECK_FALSE(announced(said));
    pass(fixture, 500ms + limits::set_aside_check_interval, &said);
    CHECK(announced(said) == limits::first_window);
    // A stream that is read again counts again.
    for (const IntrusivePtr<Stream>& stream : fixture.events.opened) {
        stream->consume(1);
    }
    said.clear();
    pass(fixture, limits::set_aside_check_interval + 500ms, &said);
    CHECK(announced(said) == limits::first_window_tight);
}

TEST_CASE("credit that idle streams do not use leaves others with small windows for ten seconds, and not longer") {
    SessionFixture fixture(budget_of(1'000'000));
    std::vector<Frame> said;
    for (StreamId id = 1; id < 9; id += 2) {
        fixture.feed(open_frame(id));
        fixture.events.opened.back()->accept();
        for (Frame& frame : fixture.produce()) {
            said.push_back(std::move(frame));
        }
    }
    REQUIRE(fixture.session->stats().credit_committed > fixture.settings.budget / 2);
    pass(fixture, 1s, &said);
    CHECK(announced(said) == limits::first_window_tight);
    said.clear();
    pass(fixture, limits::set_aside_after + limits::set_aside_check_interval, &said);
    CHECK(announced(said) == limits::first_window);
}

TEST_CASE("limit: of the credit that idle streams do not use no more than the budget is left out of it") {
    SessionFixture fixture(budget_of(1'000'000));
    for (StreamId id = 1; id < 41; id += 2) {
        fixture.feed(open_frame(id));
        fixture.events.opened.back()->accept();
        fixture.produce();
        if (id % 8 == 7) {
            pass(fixture, limits::set_aside_after + limits::set_aside_check_interval);
        }
    }
    CHECK(fixture.session->stats().credit_committed > fixture.settings.budget);
    CHECK(fixture.session->stats().credit_committed <= 2 * fixture.settings.budget);
    CHECK(fixture.session->stats().set_aside == fixture.settings.budget);
}

TEST_CASE("beyond the hard cap who has not moved for long goes before who holds a little more") {
    Settings settings = client_settings();
    settings.memory_hard = 9 * buffer::slab_footprint(buffer::slab_bytes);  // each read pins a slab here
    SessionFixture fixture(settings);
    fill(fixture, 2, 3);
    pass(fixture, 20s);
    fixture.feed(open_frame(5));
    for (int i = 0; i < 4; ++i) {
        fixture.feed(data_frame(5, 15'000));
    }
    REQUIRE(fixture.session->stats().bytes_held > settings.memory_hard);
    pass(fixture, 500ms);
    CHECK((fixture.events.opened[0]->stream_end() || fixture.events.opened[1]->stream_end()));
    CHECK_FALSE(fixture.events.opened[2]->stream_end());
}

TEST_CASE("beyond the hard cap a stream that was idle for long has as much time to take as any other") {
    Settings settings = client_settings();
    settings.memory_hard = 3 * buffer::slab_footprint(buffer::slab_bytes);
    SessionFixture fixture(settings);
    fill(fixture, 2, 1);
    SessionFixture::take_all(*fixture.events.opened[0]);
    pass(fixture, 20s);
    for (int i = 0; i < 3; ++i) {
        fixture.feed(data_frame(1, 15'000));
    }
    fixture.tick_after(limits::stalled_after / 2);
    REQUIRE(fixture.session->stats().bytes_held > settings.memory_hard);
    CHECK(fixture.events.opened[1]->stream_end().code == Code::too_slow);
    CHECK_FALSE(fixture.events.opened[0]->stream_end());
}

TEST_CASE("limit: twice the hard cap; beyond it streams that move are reset as well") {
    Settings settings = client_settings();
    settings.memory_hard = 4 * buffer::slab_footprint(buffer::slab_bytes);
    SessionFixture fixture(settings);
    const auto feed_and_take_a_little = [&](StreamId id) {
        fixture.feed(data_frame(id, 15'000));
        fixture.events.opened[(id - 1) / 2]->consume(1);
        fixture.tick_after(limits::stalled_after / 2);
    };
    fixture.feed(open_frame(1) + open_frame(3) + open_frame(5));
    for (int i = 0; i < 4; ++i) {
        feed_and_take_a_little(1);
        feed_and_take_a_little(3);
    }
    REQUIRE(fixture.session->stats().bytes_held == 2 * settings.memory_hard);
    fixture.events.opened[0]->consume(1);
    fixture.events.opened[1]->consume(1);
    fixture.tick_after(limits::stalled_after / 2);
    CHECK_FALSE(fixture.events.opened[0]->stream_end());
    CHECK_FALSE(fixture.events.opened[1]->stream_end());
    feed_and_take_a_little(5);
    fixture.tick_after(limits::stalled_after / 2);
    CHECK((fixture.events.opened[0]->stream_end() || fixture.events.opened[1]->stream_end()));
}

TEST_CASE("while much of the budget is in use a frame pins no more than it takes") {
    SessionFixture fixture(budget_of(4 * buffer::slab_footprint(buffer::slab_bytes)));
    fill(fixture, 1, 1);
    CHECK(fixture.session->stats().bytes_held == buffer::slab_footprint(buffer::slab_bytes));
    fixture.feed(data_frame(1, 15'000));  // now it is more than a quarter
    CHECK(fixture.session->stats().bytes_held <=
          buffer::slab_footprint(buffer::slab_bytes) + buffer::slab_footprint(limits::data_payload_max));
}

TEST_CASE("where the process is short of memory windows and send queues are small, and then as before") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.produce();
    SessionShared& shared = *fixture.session->shared();
    CHECK(stream->read_size_max() == limits::send_queue_max);
    shared.set_tight(true);
    CHECK(stream->read_size_max() == limits::send_queue_tight);
    std::vector<Frame> said;
    pass(fixture, 1s, &said);
    CHECK(announced(said) == limits::first_window_tight);
    // No window grows.
    fixture.feed(opened_frame(1, 0) + data_frame(1, 16'000, wire::flag::blocked));
    SessionFixture::take_all(*stream);
    fixture.produce();
    CHECK(fixture.session->stats().credit_committed == 0);

    shared.set_tight(false);
    CHECK(stream->read_size_max() == limits::send_queue_max);
    said.clear();
    pass(fixture, 1s, &said);
    CHECK(announced(said) == limits::first_window);
}

TEST_CASE("a session that is asked for memory resets who does not move, also who waits to send, and nobody else") {
    SessionFixture fixture;
    const auto stalled = fixture.open();
    const auto moving = fixture.open();
    const auto sending = fixture.open();
    fixture.produce();
    for (const auto& stream : {stalled, moving, sending}) {
        fixture.feed(opened_frame(stream->id(), 0));
    }
    fixture.feed(data_frame(stalled->id(), 15'000) + data_frame(moving->id(), 15'000));
    fixture.send(*sending, 100'000);  // more than its credit
    fixture.produce();
    REQUIRE(sending->queued_bytes() > 0);
    pass(fixture, 1s);
    SessionShared& shared = *fixture.session->shared();
    CHECK(shared.memory() > 15'000 + sending->queued_bytes() + 3 * limits::stream_cost);
    CHECK_FALSE(stalled->stream_end());

    const auto ask = [&](std::uint64_t bytes) {
        const int wakes = fixture.waker->count;
        shared.request_reclaim(bytes);
        CHECK(fixture.waker->count == wakes + 1);
        moving->consume(1);
        REQUIRE(fixture.session->next_deadline() <= fixture.now + limits::stalled_after / 2);
        fixture.tick_after(limits::stalled_after / 2);
    };
    ask(1);  // one byte is enough; what the other stream has sent meanwhile is seen only now
    CHECK(stalled->stream_end().code == Code::too_slow);
    CHECK_FALSE(sending->stream_end());
    ask(1);
    CHECK_FALSE(sending->stream_end());
    ask(1);
    CHECK(sending->stream_end().code == Code::too_slow);
    ask(1'000'000);
    CHECK_FALSE(moving->stream_end());
    CHECK(of_type(fixture.produce(), FrameType::reset).size() == 2);
    CHECK(fixture.session->next_deadline() > fixture.now + limits::stalled_after);  // asked once, looked once
}

TEST_CASE("a session that is asked for memory does not take who was quiet for long for one who is stuck") {
    SessionFixture fixture;
    const auto quiet = fixture.open();
    fixture.produce();
    fixture.feed(opened_frame(quiet->id(), 0));
    const auto ask = [&] {
        fixture.session->shared()->request_reclaim(1'000'000);
        fixture.tick_after(limits::stalled_after / 2);
    };
    fixture.send(*quiet, 100'000);  // more than its credit
    fixture.produce();
    fixture.feed(credit_frame(quiet->id(), quiet->queued_bytes()));  // credit for all of it, and for nothing beyond
    fixture.produce();
    REQUIRE(quiet->queued_bytes() == 0);
    ask();  // the session looks at it while it has nothing to send
    pass(fixture, 10s);
    fixture.send(*quiet, 1'000);
    fixture.produce();
    REQUIRE(quiet->queued_bytes() > 0);
    ask();
    CHECK_FALSE(quiet->stream_end());
    ask();
    ask();
    CHECK(quiet->stream_end().code == Code::too_slow);
}
