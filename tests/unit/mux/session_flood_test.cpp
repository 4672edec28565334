// Streams that come and end faster than the peer reads of their ends: what is kept of them, and how many of them.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

/// Opens of the peer, each for a service of its own; what came of them is in `events`.
Raw opens_from(StreamId first, std::uint32_t count) {
    Raw all;
    for (std::uint32_t i = 0; i < count; ++i) {
        all = std::move(all) + open_frame(first + 2 * i, i);
    }
    return all;
}

void abort_all(SessionFixture& fixture) {
    for (const IntrusivePtr<Stream>& stream : std::exchange(fixture.events.opened, {})) {
        stream->abort(Code::refused);
    }
}

}  // namespace

TEST_CASE("limit: streams that were aborted count as streams until their RESET has left") {
    Settings settings = client_settings();
    settings.streams_max = 3'000;  // more RESETs than one batch holds
    SessionFixture fixture(settings);
    fixture.feed(opens_from(1, settings.streams_max));
    abort_all(fixture);
    const auto told = static_cast<std::uint32_t>(fixture.produce_batch().size());
    REQUIRE(told > 0);
    REQUIRE(told < settings.streams_max);
    CHECK(fixture.session->stream_count() == 0);

    fixture.feed(opens_from(6'001, told));
    CHECK(fixture.events.opened.size() == told);
    fixture.feed(opens_from(12'001, 1));
    CHECK(fixture.events.opened.size() == told);
    CHECK(fixture.session->stats().streams_refused == settings.streams_max + 1);

    // When every reset has been told, there is room for all again.
    abort_all(fixture);
    const auto resets = fixture.produce();
    CHECK(resets.size() == settings.streams_max + 1);
    CHECK(std::all_of(resets.begin(), resets.end(), [](const Frame& frame) {
        return frame.header.type == FrameType::reset && frame.header.flags == wire::flag::abort;
    }));
    fixture.feed(opens_from(18'001, settings.streams_max));
    CHECK(fixture.events.opened.size() == settings.streams_max);
}

TEST_CASE("limit: own streams that were aborted make no room before their RESET has left") {
    Settings settings = server_settings();
    settings.streams_max = 2'000;
    settings.opens_per_service_max = settings.streams_max;
    SessionFixture fixture(settings);
    std::vector<IntrusivePtr<Stream>> streams;
    for (std::uint32_t i = 0; i < settings.streams_max; ++i) {
        streams.push_back(fixture.open());
    }
    fixture.produce();
    for (const IntrusivePtr<Stream>& stream : streams) {
        stream->abort(Code::cancelled);
    }
    const auto told = fixture.produce_batch().size();
    REQUIRE(told < settings.streams_max);
    for (std::size_t i = 0; i < told; ++i) {
        REQUIRE(fixture.try_open());
    }
    REQUIRE(fixture.try_open().error() == Code::busy);
}

TEST_CASE("of an aborted stream nothing is kept but what its RESET says") {
    Settings settings = client_settings();
    SessionFixture fixture(settings);
    fixture.feed(opens_from(1, 3'000));
    fixture.feed(data_frame(5'999, 5'000));  // data of the last stream, whose RESET does not fit into one batch
    REQUIRE(fixture.session->stats().bytes_held > 5'000);
    fixture.events.opened.back()->count_delivered(1'234);
    abort_all(fixture);
    REQUIRE(fixture.produce_batch().size() < 3'000);
    CHECK(fixture.session->stats().bytes_held == 0);
    const auto rest = fixture.produce();
    CHECK(rest.back().is(FrameType::reset, 5'999));
    CHECK(rest.back().reset().code == Code::refused);
    CHECK(rest.back().reset().delivered == 1'234);
}

TEST_CASE("a stream that is over is let go although the trunk takes nothing") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1) + data_frame(1, 5'000));
    fixture.events.opened.back()->flush();  // the session has not looked yet what the stream wants
    fixture.events.opened.clear();
    fixture.feed(reset_frame(1, Code::cancelled, true));
    CHECK(fixture.session->stats().bytes_held == 0);
}

TEST_CASE("limit: streams that ended with a frame still to be written count until their turn has come") {
    Settings settings = client_settings();
    settings.streams_max = 4'000;
    SessionFixture fixture(settings);
    fixture.feed(opens_from(1, settings.streams_max));
    for (const IntrusivePtr<Stream>& stream : std::exchange(fixture.events.opened, {})) {
        stream->accept();
    }
    REQUIRE(fixture.produce_batch().size() < settings.streams_max);  // the OPENED of the first streams
    Raw resets;
    for (std::uint32_t i = 0; i < settings.streams_max; ++i) {
        resets = std::move(resets) + reset_frame(1 + 2 * i, Code::cancelled, true);
    }
    fixture.feed(resets);
    REQUIRE(fixture.session->stream_count() == 0);
    fixture.feed(opens_from(8'001, settings.streams_max));
    CHECK(fixture.events.opened.size() < settings.streams_max);
    fixture.produce();
    fixture.feed(opens_from(16'001, settings.streams_max));
    CHECK(fixture.session->stream_count() == settings.streams_max);
}
