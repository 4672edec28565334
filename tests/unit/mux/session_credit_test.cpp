// Credit given and taken, the budget, and the first windows that are announced under pressure.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

std::uint64_t credit_in(const std::vector<Frame>& frames, StreamId stream) {
    std::uint64_t credit = 0;
    for (const Frame& frame : frames) {
        credit += frame.is(FrameType::credit, stream) ? frame.credit() : 0;
    }
    return credit;
}

}  // namespace

TEST_CASE("credit goes back when bytes were taken, not when they came") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1));
    Stream& stream = *fixture.events.opened[0];
    for (int i = 0; i < 4; ++i) {
        fixture.feed(data_frame(1, 15'936));  // each costs 16,000
    }
    REQUIRE(fixture.produce().empty());
    stream.consume(15'936);
    REQUIRE(fixture.produce().empty());  // 16,000 is less than a quarter of 65,536
    stream.consume(384);
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    REQUIRE(credit_in(frames, 1) == 16'384);
}

TEST_CASE("what is taken between two batches comes back in one CREDIT") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1));
    for (int i = 0; i < 4; ++i) {
        fixture.feed(data_frame(1, 15'936));
    }
    SessionFixture::take_all(*fixture.events.opened[0]);
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].credit() == 64'000);
}

TEST_CASE("taking wakes the session once, when credit is due") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1) + data_frame(1, 15'000) + data_frame(1, 15'000));
    fixture.produce();
    fixture.waker->count = 0;
    Stream& stream = *fixture.events.opened[0];
    stream.consume(10'000);
    REQUIRE(fixture.waker->count == 0);
    stream.consume(5'000);
    stream.consume(5'000);
    REQUIRE(fixture.waker->count == 1);
    REQUIRE(fixture.session->has_output());
}

TEST_CASE("the frame's cost comes back with it, also when it arrives in pieces") {
    SessionFixture fixture(client_settings());
    fixture.feed(open_frame(1));
    Raw frame;
    for (int i = 0; i < 400; ++i) {
        frame = frame + data_frame(1, 1);
    }
    for (std::size_t at = 0; at < frame.size(); at += 5) {
        fixture.feed(Raw(frame.begin() + static_cast<std::ptrdiff_t>(at),
                         frame.begin() + static_cast<std::ptrdiff_t>(std::min(frame.size(), at + 5))));
    }
    REQUIRE(SessionFixture::take_all(*fixture.events.opened[0]) == 400);
    REQUIRE(credit_in(fixture.produce(), 1) == 400 * 65);
}

TEST_CASE("BLOCKED grows the window, within the largest one") {
    Settings settings = client_settings();
    settings.window_max = 200'000;
    SessionFixture fixture(settings);
    fixture.feed(open_frame(1));
    Stream& stream = *fixture.events.opened[0];
    stream.accept();  // 64 KiB become 200,000
    std::uint64_t granted = limits::first_window + fixture.produce().at(0).credit();
    for (int round = 0; round < 20; ++round) {
        fixture.now += 10ms;
        fixture.feed(data_frame(1, 16'000, wire::flag::blocked));
        SessionFixture::take_all(stream);
        granted += credit_in(fixture.produce(), 1);
        std::uint64_t window = granted - static_cast<std::uint64_t>(round + 1) * 16'064;
        REQUIRE(window <= limits::opened_window);
    }
}

TEST_CASE("a window grows by doubling when the sender is BLOCKED, at most once per half of a round trip") {
    Settings settings = client_settings();
    settings.opened_window = settings.first_window;
    SessionFixture fixture(settings);
    // A round trip of 20 ms was measured.
    fixture.session->ping(fixture.now);
    fixture.now += 20ms;
    fixture.answer_pings();
    fixture.feed(open_frame(1));
    Stream& stream = *fixture.events.opened[0];
    auto round = [&] {
        for (int i = 0; i < 4; ++i) {
            fixture.feed(data_frame(1, 15'000, i == 3 ? wire::flag::blocked : std::uint8_t{0}));
        }
        SessionFixture::take_all(stream);
        return credit_in(fixture.produce(), 1);
    };
    REQUIRE(round() == 4 * 15'064 + limits::first_window);
    REQUIRE(fixture.session->stats().credit_committed == limits::first_window);
    fixture.now += 1ms;
    REQUIRE(round() <= 4 * 15'064);
}

TEST_CASE("the sender sets BLOCKED when credit, and not data, ran out") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.send(*stream, 30'000);
    for (const Frame& frame : of_type(fixture.produce(), FrameType::data)) {
        REQUIRE(frame.header.flags == 0);
    }
    fixture.send(*stream, 60'000);
    auto frames = of_type(fixture.produce(), FrameType::data);
    for (std::size_t i = 0; i < frames.size(); ++i) {
        REQUIRE(frames[i].header.flags == (i + 1 == frames.size() ? wire::flag::blocked : 0));
    }
    // A credit that is too small for a worthwhile frame is saved up.
    fixture.feed(credit_frame(1, 500));
    REQUIRE(fixture.produce().empty());
    fixture.feed(credit_frame(1, 588));
    REQUIRE(payload_bytes(fixture.produce(), 1) >= limits::shortest_cut);
}

TEST_CASE("no credit beyond first windows is granted than the budget has") {
    Settings settings = client_settings();
    settings.budget = 500'000;
    SessionFixture fixture(settings);
    for (StreamId id = 1; id < 41; id += 2) {
        fixture.feed(open_frame(id));
    }
    for (auto& stream : fixture.events.opened) {
        stream->accept();
    }
    fixture.produce();
    REQUIRE(fixture.session->stats().credit_committed <= settings.budget);
    REQUIRE(fixture.session->stats().credit_committed > 0);
    // A stream that ends gives its share back, and does so already by FIN.
    std::uint64_t before = fixture.session->stats().credit_committed;
    fixture.feed(fin_frame(1));
    std::uint64_t after = fixture.session->stats().credit_committed;
    REQUIRE(after < before);
    for (StreamId id = 1; id < 41; id += 2) {
        fixture.feed(reset_frame(id, Code::none, true));
    }
    REQUIRE(fixture.session->stats().credit_committed == 0);
}

TEST_CASE("while half of the budget is used new streams begin with a small window") {
    Settings settings = client_settings();
    settings.budget = 200'000;
    SessionFixture fixture(settings);
    fixture.feed(open_frame(1) + open_frame(3));
    for (int i = 0; i < 4; ++i) {
        fixture.feed(data_frame(1, 15'000) + data_frame(3, 15'000));
    }
    REQUIRE(fixture.session->stats().bytes_held > settings.budget / 2);
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].is(FrameType::credit, 0));
    REQUIRE(frames[0].credit() == limits::first_window_tight);

    SECTION("of the streams that it opens itself as well") {
        auto stream = fixture.open();
        REQUIRE(of_type(fixture.produce(), FrameType::open).at(0).open().receive_window == limits::first_window_tight);
    }
    SECTION("an OPEN that crossed the announcement may still take the large one") {
        fixture.feed(open_frame(5, 0, limits::first_window));
        REQUIRE(fixture.failure_code() == Code::none);
    }
    SECTION("and it is taken back with some distance") {
        for (auto& stream : fixture.events.opened) {
            SessionFixture::take_all(*stream);
        }
        fixture.tick_after(1ms);
        frames = fixture.produce();
        REQUIRE(std::count_if(frames.begin(), frames.end(), [](const Frame& frame) {
                    return frame.is(FrameType::credit, 0) && frame.credit() == limits::first_window;
                }) == 1);
    }
}

TEST_CASE("an announced first window holds for streams that are opened later") {
    SessionFixture fixture;
    auto before = fixture.open();
    fixture.feed(credit_frame(0, 10'000));
    auto after = fixture.open();
    fixture.send(*after, 30'000);
    auto frames = fixture.produce();
    auto opens = of_type(frames, FrameType::open);
    REQUIRE(opens.at(0).open().send_window == limits::first_window);
    REQUIRE(opens.at(1).open().send_window == 10'000);
    REQUIRE(payload_bytes(frames, after->id()) == 10'000 - limits::data_frame_cost);
    SECTION("never more than the handshake said") {
        fixture.feed(credit_frame(0, 1'000'000));
        auto third = fixture.open();
        REQUIRE(of_type(fixture.produce(), FrameType::open).at(0).open().send_window == limits::first_window);
    }
}

TEST_CASE("beyond the hard cap the stream that holds most and does not move is reset") {
    Settings settings = client_settings();
    settings.budget = 64'000;
    settings.memory_hard = 300'000;
    SessionFixture fixture(settings);
    for (StreamId id = 1; id < 11; id += 2) {
        fixture.feed(open_frame(id));
    }
    for (int i = 0; i < 4; ++i) {
        for (StreamId id = 1; id < 11; id += 2) {
            fixture.feed(data_frame(id, id == 5 && i == 3 ? 16'100 : 15'000 + id));
        }
    }
    REQUIRE(fixture.session->stats().bytes_held > settings.memory_hard);
    fixture.produce();
    // Stream 9 moves; of the others 5 holds most.
    fixture.now += limits::stalled_after;
    fixture.events.opened[4]->consume(100);
    REQUIRE(fixture.session->next_deadline() <= fixture.now);
    fixture.tick_after(0ms);
    REQUIRE(fixture.events.opened[2]->stream_end().code == Code::too_slow);
    auto resets = of_type(fixture.produce(), FrameType::reset);
    REQUIRE(resets.size() == 1);
    REQUIRE(resets[0].header.stream == 5);
    REQUIRE(resets[0].header.flags == wire::flag::abort);
    for (std::size_t i : {0, 1, 3, 4}) {
        REQUIRE_FALSE(fixture.events.opened[i]->stream_end());
    }
}

namespace {

// Streams 1 and 3 with 60,000 bytes each, ended in both directions: 3 is taken from time to time, 1 is not.
struct Ended {
    static Settings tight() {
        Settings settings = client_settings();
        settings.budget = 64'000;
        settings.memory_hard = 100'000;
        return settings;
    }
    SessionFixture fixture{tight()};

    Ended() {
        fixture.feed(open_frame(1) + open_frame(3));
        for (int i = 0; i < 4; ++i) {
            fixture.feed(data_frame(1, 15'000));
            fixture.feed(data_frame(3, 14'000));
        }
        fixture.feed(fin_frame(1) + fin_frame(3));
        for (const auto& stream : fixture.events.opened) {
            stream->accept();
            stream->finish();
        }
        fixture.produce();
    }
    Stream& stream(std::size_t i) { return *fixture.events.opened[i]; }
    SessionStats stats() const { return fixture.session->stats(); }
};

}  // namespace

TEST_CASE("frames of one byte count for the hard cap by what they take") {
    Settings settings = client_settings();
    const bool foreign = GENERATE(false, true);
    settings.memory_hard = foreign ? 300'000 : 60'000;  // on one thread these frames are copied together
    SessionFixture fixture(settings);
    fixture.events.foreign = foreign;
    for (StreamId id : {1U, 3U}) {
        fixture.feed(open_frame(id));
        for (int i = 0; i < 900; ++i) {
            fixture.feed(data_frame(id, 1));
        }
    }
    REQUIRE(fixture.session->stats().bytes_held > settings.memory_hard);
    fixture.now += limits::stalled_after;
    fixture.tick_after(0ms);
    auto resets = of_type(fixture.produce(), FrameType::reset);
    REQUIRE(resets.size() == 1);
    REQUIRE(fixture.events.opened[resets[0].header.stream == 1 ? 0 : 1]->stream_end().code == Code::too_slow);
}

TEST_CASE("beyond the hard cap a stream that has ended is reset as well, when its endpoint is stuck") {
    Ended ended;
    REQUIRE(ended.stats().streams == 0);
    REQUIRE(ended.stats().streams_unread == 2);
    REQUIRE(ended.stats().bytes_held > 100'000);
    ended.fixture.now += limits::stalled_after;
    ended.stream(1).consume(100);
    const int wakes = ended.fixture.events.waker->count;
    ended.fixture.tick_after(0ms);
    CHECK(ended.stream(0).stream_end().code == Code::too_slow);
    CHECK_FALSE(ended.stream(1).stream_end());
    CHECK(ended.fixture.events.waker->count == wakes + 1);
    CHECK(of_type(ended.fixture.produce(), FrameType::reset).empty());  // the peer has forgotten the stream
    CHECK(ended.stats().streams_unread == 1);
}

TEST_CASE("a stream that has ended is forgotten when its last byte was taken, or never will be") {
    Ended ended;
    SECTION("taken") {
        SessionFixture::take_all(ended.stream(0));
    }
    SECTION("given up") {
        ended.stream(0).stop_receiving();
    }
    SECTION("aborted") {
        ended.stream(0).abort(Code::cancelled);
    }
    ended.fixture.produce();
    CHECK(ended.stats().streams_unread == 1);
    SessionFixture::take_all(ended.stream(1));
    ended.fixture.produce();
    CHECK(ended.stats().streams_unread == 0);
}

TEST_CASE("a session that ends watches nothing any more") {
    Ended ended;
    SECTION("the trunk is lost") {
        ended.fixture.session->lose();
    }
    SECTION("the session fails") {
        ended.fixture.session->fail(Code::internal, "for the test");
    }
    CHECK(ended.stats().streams_unread == 0);
    CHECK_FALSE(ended.stream(0).stream_end());  // the bytes that came before still belong to its endpoint
}
