// Datagrams: whole, in order, and dropped rather than waited for.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

std::uint32_t stamp(const SessionFixture& fixture) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(fixture.now.time_since_epoch()).count());
}

struct DatagramStream : SessionFixture {
    DatagramStream() {
        Session::OpenRequest request;
        request.kind = wire::ServiceKind::udp;
        stream = session->open(request, stream_waker, false, now).value();
        produce();
        feed(opened_frame(1, 0));
    }
    bool send_datagram(std::size_t bytes, std::uint8_t fill = 'u') {
        bool queued = stream->send_datagram(buffer::Slice::copy_of(Raw(bytes, fill)), stamp(*this));
        stream->flush();
        return queued;
    }
    IntrusivePtr<Stream> stream;
};

}  // namespace

TEST_CASE("a byte stream carries no datagrams, in either direction") {
    SessionFixture fixture;
    const auto stream = fixture.open();
    fixture.produce();
    fixture.feed(opened_frame(stream->id(), 1'000) + datagram_frame(stream->id(), 10));
    CHECK(fixture.session->stats().datagrams_dropped == 1);
    CHECK_FALSE(stream->send_datagram(buffer::Slice::copy_of(Raw(10, 'u')), stamp(fixture)));
    stream->flush();
    CHECK(fixture.produce().empty());
    CHECK(stream->datagram_drops().no_room == 0);
}

TEST_CASE("datagrams leave whole and in order, without credit") {
    DatagramStream fixture;
    REQUIRE(fixture.send_datagram(limits::datagram_payload_max, 1));
    REQUIRE(fixture.send_datagram(0));
    REQUIRE(fixture.send_datagram(limits::datagram_payload_max, 2));
    fixture.stream->finish();
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 4);
    REQUIRE(frames[0].payload == Raw(limits::datagram_payload_max, 1));
    REQUIRE(frames[1].payload.empty());
    REQUIRE(frames[2].payload == Raw(limits::datagram_payload_max, 2));
    REQUIRE(frames[3].header.flags == wire::flag::fin);
    REQUIRE(fixture.stream->queued_bytes() == 0);
}

TEST_CASE("limit: datagrams that wait to be sent, by number") {
    DatagramStream fixture;
    for (std::size_t i = 0; i < limits::datagrams_queued_max; ++i) {
        REQUIRE(fixture.send_datagram(10));
    }
    REQUIRE_FALSE(fixture.send_datagram(10));
    REQUIRE(fixture.produce().size() == limits::datagrams_queued_max);
    REQUIRE(fixture.send_datagram(10));
}

TEST_CASE("limit: datagrams that wait to be sent, by bytes") {
    DatagramStream fixture;
    constexpr std::size_t size = limits::datagram_bytes_queued_max / 32;
    for (int i = 0; i < 32; ++i) {
        REQUIRE(fixture.send_datagram(size));
    }
    REQUIRE_FALSE(fixture.send_datagram(1));
    fixture.produce();
    REQUIRE(fixture.send_datagram(1));
}

TEST_CASE("limit: a datagram that has waited too long is dropped") {
    DatagramStream fixture;
    REQUIRE(fixture.send_datagram(10, 1));
    fixture.now += limits::datagram_age_max;
    REQUIRE(fixture.send_datagram(10, 2));
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 2);  // exactly 200 ms is still good

    REQUIRE(fixture.send_datagram(10, 3));
    fixture.now += limits::datagram_age_max + 1ms;
    REQUIRE(fixture.send_datagram(10, 4));
    frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].payload[0] == 4);
    REQUIRE(fixture.session->stats().datagrams_dropped == 1);
    REQUIRE(fixture.stream->queued_bytes() == 0);
}

// The endpoint may be on another thread, whose clock was read a moment later.
TEST_CASE("a datagram with a stamp from the future is young") {
    DatagramStream fixture;
    REQUIRE(fixture.stream->send_datagram(buffer::Slice::copy_of(Raw(10, 'u')), stamp(fixture) + 3));
    fixture.stream->flush();
    REQUIRE(fixture.produce().size() == 1);
    CHECK(fixture.stream->datagram_drops().too_old == 0);
}

TEST_CASE("the age of a datagram is right when milliseconds begin again") {
    DatagramStream fixture;
    const auto until_wrap = std::chrono::milliseconds((1ULL << 32) - stamp(fixture));
    fixture.now += until_wrap - 100ms;
    REQUIRE(fixture.send_datagram(10));
    fixture.now += 150ms;
    REQUIRE(fixture.produce().size() == 1);
}

TEST_CASE("limit: datagrams wait only while the session has room") {
    DatagramStream fixture;
    const IntrusivePtr<SessionShared>& shared = fixture.session->shared();
    shared->outbound->add(static_cast<std::uint32_t>(shared->outbound_max));
    CHECK_FALSE(fixture.send_datagram(10));
    CHECK(fixture.stream->datagram_drops().no_room == 1);
    shared->outbound->subtract(static_cast<std::uint32_t>(shared->outbound_max));
    CHECK(fixture.send_datagram(10));
}

TEST_CASE("a datagram is taken whole, and makes room") {
    DatagramStream fixture;
    fixture.feed(datagram_frame(1, 0) + datagram_frame(1, 5));
    CHECK(fixture.stream->take_datagram().empty());
    CHECK(fixture.stream->take_datagram().size() == 5);
    CHECK(fixture.stream->front() == nullptr);
    for (int i = 0; i < 2; ++i) {
        for (std::size_t n = 0; n < limits::datagrams_queued_max; ++n) {
            fixture.feed(datagram_frame(1, 1));
        }
        while (fixture.stream->front() != nullptr) {
            CHECK(fixture.stream->take_datagram().size() == 1);
        }
    }
    CHECK(fixture.session->stats().datagrams_dropped == 0);
}

TEST_CASE("limit: datagrams that wait to be taken, by number") {
    DatagramStream fixture;
    for (std::size_t i = 0; i < limits::datagrams_queued_max + 1; ++i) {
        fixture.feed(datagram_frame(1, 10));
    }
    REQUIRE(fixture.failure_code() == Code::none);
    REQUIRE(fixture.session->stats().datagrams_dropped == 1);
    std::size_t taken = 0;
    while (StreamItem* item = fixture.stream->front()) {
        REQUIRE(item->kind == StreamItem::Kind::datagram);
        fixture.stream->drop_front();
        ++taken;
    }
    REQUIRE(taken == limits::datagrams_queued_max);
    fixture.feed(datagram_frame(1, 10));
    REQUIRE(fixture.stream->front() != nullptr);
}

TEST_CASE("limit: datagrams that wait to be taken, by bytes") {
    DatagramStream fixture;
    for (int i = 0; i < 32; ++i) {
        fixture.feed(datagram_frame(1, limits::datagram_bytes_queued_max / 32 - 100));
    }
    fixture.feed(datagram_frame(1, 3'200));
    REQUIRE(fixture.session->stats().datagrams_dropped == 0);
    fixture.feed(datagram_frame(1, 1));
    REQUIRE(fixture.session->stats().datagrams_dropped == 1);
}

TEST_CASE("a datagram is dropped when its stream does not receive any more") {
    DatagramStream fixture;
    fixture.stream->stop_receiving();
    fixture.produce();
    fixture.feed(datagram_frame(1, 10));
    REQUIRE(fixture.stream->front() == nullptr);
    REQUIRE(fixture.session->stats().datagrams_dropped == 1);
}

TEST_CASE("streams of datagrams commit no credit, which they would not use") {
    SessionFixture fixture(client_settings());
    for (StreamId id = 1; id < 2'000; id += 2) {
        wire::Open open;
        open.kind = wire::ServiceKind::udp;
        open.send_window = limits::first_window;
        open.receive_window = limits::first_window;
        Raw raw(wire::open_frame_max);
        raw.resize(wire::encode_open(id, open, raw.data()));
        fixture.feed(raw);
        fixture.events.opened.back()->accept();
        fixture.produce();
    }
    CHECK(fixture.session->stats().credit_committed == 0);
    fixture.feed(datagram_frame(1, 100));
    CHECK(fixture.session->stats().datagrams_dropped == 0);
}

TEST_CASE("those who never finish are aborted together, and nobody else") {
    DatagramStream fixture;
    const auto other = fixture.session->open({}, fixture.stream_waker, false, fixture.now).value();
    fixture.produce();
    fixture.feed(opened_frame(other->id(), 0));
    fixture.session->abort_streams([](const Stream& stream) { return stream.kind() == wire::ServiceKind::udp; },
                                   wire::Code::none);
    const auto frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].header.type == wire::FrameType::reset);
    CHECK(frames[0].header.stream == fixture.stream->id());
    CHECK(fixture.stream->stream_end().kind == StreamEnd::Kind::aborted);
    CHECK_FALSE(other->stream_end());
}
