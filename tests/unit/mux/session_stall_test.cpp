// Streams that stand still for no reason are told and woken; whoever waits for something is left alone.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

struct Watched : SessionFixture {
    using SessionFixture::SessionFixture;

    IntrusivePtr<Stream> open_answered() {
        IntrusivePtr<Stream> stream = open();
        produce();
        feed(opened_frame(stream->id(), 0));
        return stream;
    }
    /// What an endpoint does that forgets to tell the session.
    static void send_without_a_word(Stream& stream, std::size_t bytes) {
        stream.send(buffer::Slice::copy_of(Raw(bytes, 's')), false);
    }
    /// The peer lives, and answers pings.
    void wait(Duration time) {
        for (; time > Duration::zero(); time -= 1s) {
            feed(ping_frame(1, true));
            tick_after(1s);
        }
    }
};

constexpr Duration two_looks = 2 * StallWatch::check_interval;

}  // namespace

TEST_CASE("a stream that has bytes and credit but no turn is told once, and continues") {
    Watched watched;
    const auto stream = watched.open_answered();
    watched.send_without_a_word(*stream, 1'000);
    watched.wait(StallWatch::check_interval);
    CHECK(watched.events.stalls.empty());
    watched.wait(StallWatch::check_interval);
    REQUIRE(watched.events.stalls.size() == 1);
    const Stall stall = watched.events.stalls.front();
    CHECK(stall.stream == stream->id());
    CHECK(stall.why == Stall::Why::unscheduled);
    CHECK(stall.queued == 1'000 + limits::data_frame_cost);
    CHECK(stall.credit == limits::first_window);
    CHECK(payload_bytes(watched.produce(), stream->id()) == 1'000);
    watched.wait(4 * two_looks);
    CHECK(watched.events.stalls.size() == 1);
    CHECK(watched.session->stats().stalls == 1);
}

TEST_CASE("who waits for something does not stand still") {
    Watched watched;
    const auto stream = watched.open_answered();
    SECTION("for credit") {
        watched.send(*stream, 2 * limits::first_window);
        watched.produce();
        CHECK(stream->try_park_send());
    }
    SECTION("for the trunk, which has not taken anything yet") {
        watched.send(*stream, 1'000);
    }
    SECTION("for its endpoint, which takes nothing, as a socket that is full") {
        watched.feed(data_frame(stream->id(), 10'000));
    }
    SECTION("for the peer to send") {
        (void)stream->try_park_receive();
        watched.feed(data_frame(stream->id(), 10'000));
        Watched::take_all(*stream);
    }
    SECTION("for the peer to answer") {
        (void)watched.open();
    }
    SECTION("for the peer's end") {
        stream->finish();
        watched.produce();
    }
    watched.wait(4 * two_looks);
    CHECK(watched.events.stalls.empty());
}

TEST_CASE("a stream waits for the rest of a frame that has arrived in part, however long the peer takes") {
    Settings patient = server_settings();
    patient.dead_interval = 10 * StallWatch::check_interval;
    Watched watched(patient);
    const auto stream = watched.open_answered();
    const Raw whole = data_frame(stream->id(), limits::first_window - limits::data_frame_cost);
    watched.feed(Raw(whole.begin(), whole.begin() + limits::frame_header_bytes));
    watched.tick_after(StallWatch::check_interval);
    watched.tick_after(StallWatch::check_interval);
    watched.tick_after(StallWatch::check_interval);
    CHECK(watched.events.stalls.empty());
}

TEST_CASE("limit: so many streams that stand still are remembered at a time, and then the others") {
    Watched watched;
    std::vector<IntrusivePtr<Stream>> streams;
    for (std::size_t i = 0; i < StallWatch::suspects_max + 1; ++i) {
        streams.push_back(watched.open_answered());
        watched.send_without_a_word(*streams.back(), 10);
    }
    watched.wait(two_looks);
    CHECK(watched.events.stalls.size() == StallWatch::suspects_max);
    watched.produce();
    watched.wait(two_looks);
    CHECK(watched.events.stalls.size() == StallWatch::suspects_max + 1);
}
