// Every limit that a peer can pass: reached, nothing happens; passed by one, the session says the documented code.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

/// A client that the hand opens streams to; the server's ids are odd.
SessionFixture accepting(Settings settings = client_settings()) {
    return SessionFixture(settings);
}

// Checks that the session has failed with this code, and tells the peer so in a GOAWAY that is the last thing it sends.
void require_failed(SessionFixture& fixture, Code code) {
    REQUIRE(fixture.failure_code() == code);
    REQUIRE(fixture.session->state() == SessionState::closed);
    std::vector<Frame> frames = fixture.produce();
    REQUIRE_FALSE(frames.empty());
    REQUIRE(frames.back().header.type == FrameType::goaway);
    REQUIRE(frames.back().goaway().code == code);
    REQUIRE(fixture.session->stats().streams == 0);
    REQUIRE(fixture.session->next_deadline() == never);
}

}  // namespace

// --- frames ---------------------------------------------------------------------------------------------------------

TEST_CASE("limit: the payload of DATA") {
    SessionFixture fixture = accepting();
    fixture.feed(open_frame(1) + data_frame(1, limits::data_payload_max));
    REQUIRE(fixture.failure_code() == Code::none);
    REQUIRE(SessionFixture::take_all(*fixture.events.opened[0]) == limits::data_payload_max);
    fixture.feed(data_frame(1, limits::data_payload_max + 1));
    require_failed(fixture, Code::frame_size);
}

TEST_CASE("limit: the payload of CONTROL") {
    SessionFixture fixture;
    fixture.feed(control_frame(limits::control_payload_max));
    REQUIRE(fixture.events.controls.size() == 1);
    REQUIRE(fixture.events.controls[0].size() == limits::control_payload_max);
    fixture.feed(control_frame(limits::control_payload_max + 1));
    require_failed(fixture, Code::frame_size);
}

TEST_CASE("limit: the payload of CONTROL before the peer is authenticated") {
    SessionFixture fixture(server_settings(), false);
    fixture.feed(control_frame(limits::control_payload_unauthenticated_max));
    REQUIRE(fixture.events.controls.size() == 1);
    fixture.feed(control_frame(limits::control_payload_unauthenticated_max + 1));
    require_failed(fixture, Code::limit);
}

TEST_CASE("limit: the payload of DATAGRAM") {
    SessionFixture fixture = accepting();
    fixture.feed(open_frame(1) + datagram_frame(1, limits::datagram_payload_max));
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.feed(datagram_frame(1, limits::datagram_payload_max + 1));
    require_failed(fixture, Code::frame_size);
}

TEST_CASE("limit: the metadata of OPEN") {
    SessionFixture fixture = accepting();
    Raw metadata(limits::open_metadata_max, 'm');
    Raw raw(wire::open_frame_max);
    wire::Open open;
    open.metadata = metadata;
    raw.resize(wire::encode_open(1, open, raw.data()));
    fixture.feed(raw);
    REQUIRE(fixture.events.opened.size() == 1);

    Raw longer = open_frame(3);
    longer[longer.size() - 2] = (limits::open_metadata_max + 1) >> 8;
    longer[longer.size() - 1] = (limits::open_metadata_max + 1) & 0xff;
    longer.resize(longer.size() + limits::open_metadata_max + 1);
    store_be<2>(longer.data(), longer.size() - limits::frame_header_bytes);
    fixture.feed(longer);
    require_failed(fixture, Code::protocol);
}

TEST_CASE("limit: the text of GOAWAY") {
    SessionFixture fixture;
    fixture.feed(goaway_frame(0, Code::going_away, std::string(limits::goaway_text_max, 't')));
    REQUIRE(fixture.events.goaways.size() == 1);
    REQUIRE(fixture.events.goaways[0].second.size() == limits::goaway_text_max);
    fixture.feed(raw_frame(FrameType::goaway, 0, 0, Raw(6 + limits::goaway_text_max + 1)));
    require_failed(fixture, Code::frame_size);
}

TEST_CASE("frames of fixed size have exactly that size") {
    for (auto [type, bytes, stream] : {std::tuple{FrameType::opened, 4, 1},
                                       {FrameType::credit, 4, 1},
                                       {FrameType::reset, 10, 1},
                                       {FrameType::ping, 8, 0}}) {
        for (int difference : {-1, 1}) {
            SessionFixture fixture = accepting();
            fixture.feed(open_frame(1));
            fixture.feed(
                raw_frame(type, 0, static_cast<StreamId>(stream), Raw(static_cast<std::size_t>(bytes + difference))));
            require_failed(fixture, Code::frame_size);
        }
    }
}

TEST_CASE("unknown frame types, flags and empty DATA are violations") {
    SECTION("type") {
        SessionFixture fixture = accepting();
        fixture.feed(raw_frame(static_cast<FrameType>(wire::frame_type_count), 0, 0, Raw(4)));
        require_failed(fixture, Code::protocol);
    }
    SECTION("flag") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(1) + data_frame(1, 5, 0x04));
        require_failed(fixture, Code::protocol);
    }
    SECTION("empty DATA without FIN") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(1) + data_frame(1, 0));
        require_failed(fixture, Code::protocol);
    }
    SECTION("session frames on a stream, stream frames on the session") {
        SessionFixture ping = accepting();
        ping.feed(raw_frame(FrameType::ping, 0, 1, Raw(8)));
        require_failed(ping, Code::stream_id);
        SessionFixture data = accepting();
        data.feed(data_frame(0, 5));
        require_failed(data, Code::stream_id);
    }
}

// --- before the handshake is done -----------------------------------------------------------------------------------

TEST_CASE("before establish only CONTROL and GOAWAY are allowed") {
    for (const Raw& raw : {data_frame(2, 5), open_frame(2), credit_frame(0, 100), ping_frame(1, false),
                           reset_frame(2, Code::none, true), datagram_frame(2, 5), opened_frame(1, 5)}) {
        SessionFixture fixture(server_settings(), false);
        fixture.feed(raw);
        require_failed(fixture, Code::protocol);
    }
    SessionFixture fixture(server_settings(), false);
    fixture.feed(goaway_frame(0, Code::unauthorized, "wrong"));
    REQUIRE(fixture.failure_code() == Code::unauthorized);
    REQUIRE(fixture.session->failure()->by_peer);
    REQUIRE(fixture.session->failure()->text == "wrong");
}

TEST_CASE("nothing can be opened before establish") {
    SessionFixture fixture(server_settings(), false);
    auto result = fixture.try_open();
    REQUIRE_FALSE(result);
    REQUIRE(result.error() == Code::internal);
}

// --- ids ------------------------------------------------------------------------------------------------------------

TEST_CASE("an OPEN has the opener's parity and rises") {
    SECTION("gaps are allowed") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(1) + open_frame(7) + open_frame(0x7fff'ffff));
        REQUIRE(fixture.events.opened.size() == 3);
    }
    SECTION("wrong parity") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(2));
        require_failed(fixture, Code::stream_id);
    }
    SECTION("used again") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(3) + reset_frame(3, Code::none, true) + open_frame(3));
        require_failed(fixture, Code::stream_id);
    }
    SECTION("out of order") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(3) + open_frame(1));
        require_failed(fixture, Code::stream_id);
    }
    SECTION("beyond the id space") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(0x8000'0001));
        require_failed(fixture, Code::stream_id);
    }
}

TEST_CASE("a frame for an id that was never opened is a violation") {
    for (const Raw& raw : {data_frame(9, 5), credit_frame(9, 5), reset_frame(9, Code::none, true), opened_frame(10, 5),
                           datagram_frame(9, 5), credit_frame(10, 5)}) {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(7));
        fixture.feed(raw);
        require_failed(fixture, Code::stream_id);
    }
}

TEST_CASE("OPENED comes once, and from the side that was asked") {
    SECTION("twice") {
        SessionFixture fixture;
        auto stream = fixture.open();
        fixture.produce();
        fixture.feed(opened_frame(stream->id(), 0));
        REQUIRE(stream->accepted());
        fixture.feed(opened_frame(stream->id(), 0));
        require_failed(fixture, Code::protocol);
    }
    SECTION("from the opener") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(1) + opened_frame(1, 0));
        require_failed(fixture, Code::protocol);
    }
}

// --- streams and opens ----------------------------------------------------------------------------------------------

TEST_CASE("limit: streams at once, of the peer's opens") {
    Settings settings = client_settings();
    settings.streams_max = 3;
    SessionFixture fixture = accepting(settings);
    fixture.feed(open_frame(1) + open_frame(3) + open_frame(5));
    REQUIRE(fixture.events.opened.size() == 3);
    REQUIRE(of_type(fixture.produce(), FrameType::reset).empty());
    fixture.feed(open_frame(7));
    REQUIRE(fixture.events.opened.size() == 3);
    auto resets = of_type(fixture.produce(), FrameType::reset);
    REQUIRE(resets.size() == 1);
    REQUIRE(resets[0].header.stream == 7);
    REQUIRE(resets[0].header.flags == wire::flag::abort);
    REQUIRE(resets[0].reset().code == Code::busy);
    REQUIRE(fixture.session->stats().streams_refused == 1);

    // When one stream has gone there is room for one.
    fixture.feed(reset_frame(1, Code::none, true) + open_frame(9));
    REQUIRE(fixture.events.opened.size() == 4);
}

TEST_CASE("limit: unanswered opens of the peer") {
    Settings settings = client_settings();
    settings.opens_max = 2;
    SessionFixture fixture = accepting(settings);
    fixture.feed(open_frame(1, 1) + open_frame(3, 2) + open_frame(5, 3));
    REQUIRE(fixture.events.opened.size() == 2);
    REQUIRE(of_type(fixture.produce(), FrameType::reset).at(0).reset().code == Code::busy);
    fixture.events.opened[0]->accept();
    fixture.produce();
    fixture.feed(open_frame(7, 4));
    REQUIRE(fixture.events.opened.size() == 3);
}

TEST_CASE("limit: unanswered opens that name no service count in all alone, either way") {
    Settings settings = client_settings();
    settings.opens_max = limits::opens_unanswered_per_service_max + 50;
    SessionFixture fixture = accepting(settings);
    StreamId id = 1;
    for (std::uint32_t i = 0; i < settings.opens_max; ++i, id += 2) {
        fixture.feed(open_frame(id, 0));
    }
    CHECK(fixture.events.opened.size() == settings.opens_max);
    fixture.feed(open_frame(id, 0));
    CHECK(fixture.events.opened.size() == settings.opens_max);
    std::vector<IntrusivePtr<Stream>> own;
    for (std::uint32_t i = 0; i < settings.opens_max; ++i) {
        own.push_back(fixture.open(0));
    }
    CHECK(fixture.try_open(0).error() == Code::busy);
}

TEST_CASE("limit: unanswered opens of the peer for one service") {
    SessionFixture fixture = accepting();
    StreamId id = 1;
    for (std::uint32_t i = 0; i < limits::opens_unanswered_per_service_max; ++i, id += 2) {
        fixture.feed(open_frame(id, 5));
    }
    REQUIRE(fixture.events.opened.size() == limits::opens_unanswered_per_service_max);
    fixture.feed(open_frame(id, 5) + open_frame(id + 2, 6));
    REQUIRE(fixture.events.opened.size() == limits::opens_unanswered_per_service_max + 1);
    auto resets = of_type(fixture.produce(), FrameType::reset);
    REQUIRE(resets.size() == 1);
    REQUIRE(resets[0].header.stream == id);
    REQUIRE(resets[0].reset().code == Code::busy);
}

TEST_CASE("limit: refusals that the peer does not read") {
    Settings settings = client_settings();
    settings.streams_max = 1;
    SessionFixture fixture = accepting(settings);
    fixture.feed(open_frame(1));
    StreamId id = 3;
    for (std::uint32_t i = 0; i < limits::opens_unanswered_max; ++i, id += 2) {
        fixture.feed(open_frame(id));
    }
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.feed(open_frame(id));
    require_failed(fixture, Code::limit);
}

TEST_CASE("limit: own streams, opens and opens of one service are refused at once, and alone") {
    SECTION("streams: this side's limit") {
        Settings settings = server_settings();
        settings.streams_max = 2;
        SessionFixture fixture(settings);
        auto first = fixture.open(1);
        auto second = fixture.open(2);
        REQUIRE(fixture.try_open(3).error() == Code::busy);
        REQUIRE(fixture.session->stats().streams_refused == 1);
    }
    SECTION("streams: what the peer announced") {
        SessionFixture fixture(server_settings(), false);
        fixture.session->establish({limits::first_window, 2, 100});
        auto first = fixture.open(1);
        auto second = fixture.open(2);
        REQUIRE(fixture.try_open(3).error() == Code::busy);
    }
    SECTION("opens: what the peer announced") {
        SessionFixture fixture(server_settings(), false);
        fixture.session->establish({limits::first_window, 100, 2});
        auto first = fixture.open(1);
        auto second = fixture.open(2);
        REQUIRE(fixture.try_open(3).error() == Code::busy);
        fixture.produce();
        fixture.feed(opened_frame(first->id(), 0));
        REQUIRE(fixture.try_open(3));
    }
    SECTION("opens: of one service") {
        SessionFixture fixture;
        std::vector<IntrusivePtr<Stream>> streams;
        for (std::uint32_t i = 0; i < limits::opens_unanswered_per_service_max; ++i) {
            streams.push_back(fixture.open(8));
        }
        REQUIRE(fixture.try_open(8).error() == Code::busy);
        REQUIRE(fixture.try_open(9));
    }
    SECTION("opens: in all") {
        SessionFixture fixture;
        std::vector<IntrusivePtr<Stream>> streams;
        for (std::uint32_t i = 0; i < limits::opens_unanswered_max; ++i) {
            streams.push_back(fixture.open(i / 200));
        }
        REQUIRE(fixture.try_open(5'000).error() == Code::busy);
    }
}

TEST_CASE("limit: a closed stream makes room for another") {
    Settings settings = server_settings();
    settings.streams_max = 1;
    SessionFixture fixture(settings);
    auto stream = fixture.open();
    REQUIRE(fixture.try_open().error() == Code::busy);
    stream->abort(Code::cancelled);
    fixture.produce();
    REQUIRE(fixture.try_open());
}

// --- floods ---------------------------------------------------------------------------------------------------------

TEST_CASE("limit: pings whose answers are not read") {
    SessionFixture fixture;
    Raw pings;
    for (std::uint64_t i = 0; i < limits::pongs_pending_max; ++i) {
        pings = pings + ping_frame(100 + i, false);
    }
    fixture.feed(pings);
    REQUIRE(fixture.failure_code() == Code::none);
    auto pongs = of_type(fixture.produce(), FrameType::ping);
    REQUIRE(pongs.size() == limits::pongs_pending_max);
    for (std::uint64_t i = 0; i < pongs.size(); ++i) {
        REQUIRE(pongs[i].header.flags == wire::flag::ack);
        REQUIRE(wire::decode_ping(pongs[i].payload) == 100 + i);
    }
    fixture.feed(pings);
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.feed(ping_frame(1, false));
    require_failed(fixture, Code::limit);
}

TEST_CASE("limit: session frames that the peer does not read") {
    SessionFixture fixture;
    constexpr std::size_t payload = 8'184;
    for (std::size_t i = 0; i < limits::urgent_bytes_max / (payload + limits::frame_header_bytes); ++i) {
        fixture.session->send_control(Raw(payload, 'x'));
    }
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.session->send_control(Raw(1, 'x'));
    REQUIRE(fixture.failure_code() == Code::limit);
    auto frames = fixture.produce();
    REQUIRE(frames.back().goaway().code == Code::limit);
}

// --- credit ---------------------------------------------------------------------------------------------------------

TEST_CASE("limit: DATA beyond its credit, to the byte") {
    // Four frames of 15,000 cost 60,256; the fifth may carry 65,536 - 60,256 - 64 bytes.
    constexpr std::size_t last =
        limits::first_window - 4 * (15'000 + limits::data_frame_cost) - limits::data_frame_cost;
    Raw first = open_frame(1);
    for (int i = 0; i < 4; ++i) {
        first = first + data_frame(1, 15'000);
    }
    SECTION("reached") {
        SessionFixture fixture = accepting();
        fixture.feed(first + data_frame(1, last));
        REQUIRE(fixture.failure_code() == Code::none);
        SECTION("and an empty FIN is free") {
            fixture.feed(fin_frame(1));
            REQUIRE(fixture.failure_code() == Code::none);
        }
        SECTION("and one byte more is a violation") {
            fixture.feed(data_frame(1, 1));
            require_failed(fixture, Code::flow_control);
        }
    }
    SECTION("passed by one") {
        SessionFixture fixture = accepting();
        fixture.feed(first + data_frame(1, last + 1));
        require_failed(fixture, Code::flow_control);
    }
}

TEST_CASE("limit: credit is what OPEN took, not what was announced") {
    SessionFixture fixture = accepting();
    fixture.feed(open_frame(1, 0, 5'000) + data_frame(1, 4'936));
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.feed(data_frame(1, 1));
    require_failed(fixture, Code::flow_control);
}

TEST_CASE("limit: an OPEN that takes more than was announced") {
    SessionFixture reached = accepting();
    reached.feed(open_frame(1, 0, limits::first_window));
    REQUIRE(reached.events.opened.size() == 1);
    SessionFixture passed = accepting();
    passed.feed(open_frame(1, 0, limits::first_window + 1));
    require_failed(passed, Code::flow_control);
}

TEST_CASE("limit: outstanding credit of 2^31") {
    SECTION("in one piece and in two") {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(1, 0, 100, 0) + credit_frame(1, 0x7fff'ffff) + credit_frame(1, 1));
        REQUIRE(fixture.failure_code() == Code::none);
        fixture.feed(credit_frame(1, 1));
        require_failed(fixture, Code::flow_control);
    }
    SECTION("by OPENED") {
        SessionFixture fixture;
        auto stream = fixture.open();
        fixture.produce();
        fixture.feed(opened_frame(stream->id(),
                                  static_cast<std::uint32_t>(limits::credit_outstanding_max - limits::first_window)));
        REQUIRE(fixture.failure_code() == Code::none);
        fixture.feed(credit_frame(stream->id(), 1));
        require_failed(fixture, Code::flow_control);
    }
    SECTION("by OPEN") {
        SessionFixture reached = accepting();
        reached.feed(open_frame(1, 0, 100, 0x8000'0000));
        REQUIRE(reached.failure_code() == Code::none);
        SessionFixture passed = accepting();
        passed.feed(open_frame(1, 0, 100, 0x8000'0001));
        require_failed(passed, Code::flow_control);
    }
}

TEST_CASE("limit: an announced first window of 4 KiB at least") {
    SessionFixture fixture;
    fixture.feed(credit_frame(0, limits::first_window_min));
    REQUIRE(fixture.failure_code() == Code::none);
    fixture.feed(credit_frame(0, limits::first_window_min - 1));
    require_failed(fixture, Code::flow_control);
}

TEST_CASE("DATA after FIN is a violation") {
    for (const Raw& raw : {data_frame(1, 5), fin_frame(1)}) {
        SessionFixture fixture = accepting();
        fixture.feed(open_frame(1) + fin_frame(1));
        fixture.feed(raw);
        require_failed(fixture, Code::protocol);
    }
}

// --- what the endpoint may queue ------------------------------------------------------------------------------------

TEST_CASE("limit: an endpoint queues at most 64 KiB for sending") {
    SessionFixture fixture(server_settings(), false);
    fixture.session->establish({limits::first_window_min, 100, 100});
    auto stream = fixture.open();
    std::size_t sent = 0;
    while (stream->can_send()) {
        fixture.send(*stream, 1'000);
        sent += 1'000 + limits::data_frame_cost;
    }
    REQUIRE(sent >= limits::send_queue_max);
    REQUIRE(sent < limits::send_queue_max + 1'000 + limits::data_frame_cost);
    REQUIRE(stream->queued_bytes() == sent);

    REQUIRE(stream->try_park_send());
    fixture.produce();  // the first window leaves, which is less than half of the queue
    REQUIRE(fixture.stream_waker->count == 0);
    fixture.feed(credit_frame(stream->id(), 60'000));
    fixture.produce();
    REQUIRE(fixture.stream_waker->count == 1);
    REQUIRE(stream->can_send());
    REQUIRE_FALSE(stream->try_park_send());
}

TEST_CASE(
    "limit: what a session may have queued for sending; beyond it each stream may queue a little, and all move on") {
    Settings settings = server_settings();
    settings.outbound_max = 400'000;
    SessionFixture fixture(settings);
    std::vector<IntrusivePtr<Stream>> streams;
    const auto queued = [&] { return fixture.session->stats().bytes_queued; };
    auto queue_until_full = [&](Stream& stream) {
        std::size_t bytes = 0;
        while (stream.can_send()) {
            const std::size_t n = std::min<std::size_t>(stream.read_size_max(), 8'000);
            fixture.send(stream, n);
            bytes += n + limits::data_frame_cost;
        }
        return bytes;
    };
    // Up to half of the session's limit each stream may have its whole queue.
    streams.push_back(fixture.open());
    while (queued() + buffer::slab_footprint(8'000) < settings.outbound_max / 2) {
        REQUIRE(streams.back()->read_size_max() == limits::send_queue_max);
        fixture.send(*streams.back(), 8'000);
        if (!streams.back()->can_send()) {
            CHECK(streams.back()->queued_bytes() >= limits::send_queue_max);
            streams.push_back(fixture.open());
        }
    }
    CHECK(streams.size() > 2);
    // From there on each may have less.
    fixture.send(*streams.back(), 8'000);
    CHECK(queued() >= settings.outbound_max / 2);
    CHECK(streams.back()->read_size_max() == limits::send_queue_tight);
    while (queued() < settings.outbound_max) {
        streams.push_back(fixture.open());
        while (queued() < settings.outbound_max && streams.back()->can_send()) {
            fixture.send(*streams.back(), 1'000);
        }
        CHECK(streams.back()->queued_bytes() < limits::send_queue_tight + 1'000 + limits::data_frame_cost);
    }
    CHECK(queued() <= settings.outbound_max + buffer::slab_footprint(1'000) + 1'000);  // and a segment of a queue
    // Now the limit is reached. A stream with much queued waits, and one with nothing queued may send a little.
    const std::size_t before = streams.size() - 2;
    CHECK_FALSE(streams[before]->can_send());
    CHECK(streams[before]->try_park_send());
    auto late = fixture.open();
    CHECK(late->can_send());
    CHECK(late->read_size_max() == limits::send_queue_full);
    CHECK(queue_until_full(*late) <= limits::send_queue_full + limits::data_frame_cost);
    CHECK(late->try_park_send());
    // Each stream that parked is woken when its own queue has left, and with all gone the limits are as before.
    CHECK(fixture.stream_waker->count == 0);
    fixture.produce();
    CHECK(fixture.stream_waker->count == 2);
    CHECK(late->queued_bytes() == 0);
    CHECK(late->can_send());
    CHECK(streams[before]->can_send());
    CHECK(late->read_size_max() == limits::send_queue_max);
}
