#include "mux/stream_sender.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

void queue_bytes(Stream& stream, std::size_t bytes) {
    stream.send(buffer::Slice::copy_of(Raw(bytes, 's')), false);
    stream.flush();
}

TEST_CASE_METHOD(SessionParts, "control frames of streams leave before data", "[sender]") {
    const auto first = open_answered(1);
    queue_bytes(*first, 100);
    const auto second = open(3);
    sender.send_open(*second, buffer::Slice::copy_of(open_frame(3)));
    const std::vector<Frame> frames = written();
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].is(FrameType::open, 3));
    CHECK(frames[1].is(FrameType::data, 1));
    CHECK(context.stats.frames_sent == 2);
    CHECK(context.stats.payload_sent == 100);
    CHECK(lanes.empty());
}

TEST_CASE_METHOD(SessionParts, "data is cut at the peer's credit, and reports that it is blocked", "[sender]") {
    const auto stream = open_answered(1);
    std::size_t sent = 0;
    for (int i = 0; i < 5; ++i) {
        queue_bytes(*stream, 16'000);
    }
    const std::vector<Frame> frames = written();
    for (const Frame& frame : frames) {
        sent += frame.payload.size() + limits::data_frame_cost;
    }
    CHECK(sent <= limits::first_window);
    CHECK(frames.back().header.flags == wire::flag::blocked);
    CHECK(context.stats.credit_stalls == 1);
    CHECK(written().empty());
}

TEST_CASE_METHOD(SessionParts, "FIN leaves with the last data, and ends a stream that receives nothing more",
                 "[sender]") {
    const auto stream = open_answered(2);
    REQUIRE_FALSE(feed(2, 0, wire::flag::fin));
    stream->drop_front();
    stream->send(buffer::Slice::copy_of(Raw(10, 's')), false);
    stream->finish();
    const std::vector<Frame> frames = written();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].header.flags == wire::flag::fin);
    CHECK(table.empty());
    CHECK(lanes.gone() == 0);
}

TEST_CASE_METHOD(SessionParts, "a reset stands behind what was queued", "[sender]") {
    const auto stream = open_answered(1);
    queue_bytes(*stream, 10);
    stream->reset(Code::cancelled);
    const std::vector<Frame> frames = written();
    REQUIRE(frames.size() == 2);
    CHECK(frames[1].is(FrameType::reset, 1));
    CHECK(table.empty());
    CHECK(outbox.aborts() == 0);
}

TEST_CASE_METHOD(SessionParts, "a sender that waits for room is woken when half of it is left", "[sender]") {
    const auto stream = open_answered(1);
    while (stream->can_send()) {
        queue_bytes(*stream, 16'000);
    }
    REQUIRE(stream->try_park_send());
    while (!written().empty()) {
        REQUIRE_FALSE(receiver.on_credit(1, Bytes(credit_frame(1, 16'064)).subspan(limits::frame_header_bytes)));
        wakes.flush();
        if (stream_waker->count > 0) {
            break;
        }
    }
    CHECK(stream_waker->count == 1);
    CHECK(stream->can_send());
}

TEST_CASE_METHOD(SessionParts, "a datagram that has waited for too long is not sent", "[sender]") {
    const auto stream = open(1, 0, wire::ServiceKind::udp);
    table.answer(*stream);
    const auto now_ms = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(context.now.time_since_epoch()).count());
    REQUIRE(stream->send_datagram(buffer::Slice::copy_of(Raw(10, 'u')), now_ms));
    context.now += limits::datagram_age_max + 1ms;
    REQUIRE(stream->send_datagram(buffer::Slice::copy_of(Raw(20, 'u')), now_ms + 5'000));
    stream->flush();
    const std::vector<Frame> frames = written();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].payload.size() == 20);
    CHECK(stream->datagram_drops().too_old == 1);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
