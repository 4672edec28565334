#include "mux/stream_receiver.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

Bytes payload_of(const Raw& frame) {
    return Bytes(frame).subspan(limits::frame_header_bytes);
}

TEST_CASE_METHOD(SessionParts, "a frame for a stream that is gone is ignored, for one that never was a violation",
                 "[receiver]") {
    const auto stream = open_answered(2);
    table.end(*stream, {});
    CHECK_FALSE(feed(2, 100));
    CHECK(context.stats.frames_ignored == 1);
    CHECK(feed(4, 100).code == Code::stream_id);
    CHECK(feed(1, 100).code == Code::stream_id);
    CHECK(receiver.on_opened(1, payload_of(opened_frame(1, 0))).code == Code::stream_id);
    CHECK(receiver.on_credit(4, payload_of(credit_frame(4, 1))).code == Code::stream_id);
    CHECK(receiver.on_datagram(4, payload_of(datagram_frame(4, 1))).code == Code::stream_id);
    CHECK(receiver.on_reset(4, 0, payload_of(reset_frame(4, Code::cancelled, false))).code == Code::stream_id);
}

TEST_CASE_METHOD(SessionParts, "a stream whose OPEN was not sent yet is not known to the peer", "[receiver]") {
    const auto stream = open(1);
    sender.send_open(*stream, buffer::Slice::copy_of(open_frame(1)));
    CHECK(feed(1, 100).code == Code::stream_id);
    CHECK(written().size() == 1);
    CHECK_FALSE(feed(1, 100));
}

TEST_CASE_METHOD(SessionParts, "data keeps to credit, and ends with FIN", "[receiver]") {
    const auto stream = open_answered(2);
    while (limits::first_window >= context.stats.payload_received + 2 * (16'000 + limits::data_frame_cost)) {
        REQUIRE_FALSE(feed(2, 16'000));
    }
    CHECK(feed(2, 16'376).code == Code::none);
    CHECK(feed(2, 16'376).code == Code::flow_control);
    CHECK_FALSE(feed(2, 0, wire::flag::fin));
    CHECK(feed(2, 0).code == Code::protocol);
}

TEST_CASE_METHOD(SessionParts, "a sender that was stopped by credit is reported", "[receiver]") {
    const auto stream = open_answered(2);
    REQUIRE_FALSE(feed(2, 100));
    CHECK_FALSE(blocked);
    REQUIRE_FALSE(feed(2, 100, wire::flag::blocked));
    CHECK(blocked);
}

TEST_CASE_METHOD(SessionParts, "OPENED answers once, and its credit has a bound", "[receiver]") {
    const auto stream = open(1);
    REQUIRE_FALSE(receiver.on_opened(1, payload_of(opened_frame(1, 1'000))));
    CHECK(stream->accepted());
    CHECK(opens.own() == 0);
    CHECK(receiver.on_opened(1, payload_of(opened_frame(1, 1))).code == Code::protocol);
    CHECK(receiver.on_credit(1, payload_of(credit_frame(1, 0x7fff'ffff))).code == Code::flow_control);
}

TEST_CASE_METHOD(SessionParts, "CREDIT of the session is the first window of new streams", "[receiver]") {
    CHECK_FALSE(receiver.on_credit(0, payload_of(credit_frame(0, 8'192))));
    CHECK(opens.peer_first_window() == 8'192);
    CHECK(receiver.on_credit(0, payload_of(credit_frame(0, limits::first_window_min - 1))).code == Code::flow_control);
}

TEST_CASE_METHOD(SessionParts, "a RESET stands behind the data, one with ABORT does not wait", "[receiver]") {
    const auto first = open_answered(2);
    const auto second = open_answered(4);
    REQUIRE_FALSE(feed(2, 100));
    REQUIRE_FALSE(receiver.on_reset(2, 0, payload_of(reset_frame(2, Code::cancelled, false, 7))));
    CHECK_FALSE(first->stream_end());
    CHECK(first->peer_delivered() == 7);
    first->consume(100);
    REQUIRE(first->front() != nullptr);
    CHECK(first->front()->kind == StreamItem::Kind::reset);
    first->drop_front();
    REQUIRE_FALSE(receiver.on_reset(4, wire::flag::abort, payload_of(reset_frame(4, Code::internal, true))));
    CHECK(second->stream_end().code == Code::internal);
    CHECK(table.empty());
    requests.serve_ready();
    CHECK(context.stats.resets == 2);
}

TEST_CASE_METHOD(SessionParts, "datagrams are dropped where too many wait, and on streams of bytes", "[receiver]") {
    const auto stream = open(2, 0, wire::ServiceKind::udp);
    const Raw frame = datagram_frame(2, 100);
    for (std::uint32_t i = 0; i < limits::datagrams_queued_max; ++i) {
        REQUIRE_FALSE(receiver.on_datagram(2, payload_of(frame)));
    }
    CHECK(context.stats.datagrams_dropped == 0);
    CHECK_FALSE(receiver.on_datagram(2, payload_of(frame)));
    CHECK(context.stats.datagrams_dropped == 1);
    CHECK(stream->datagram_drops().no_room == 1);
    open(4);
    CHECK_FALSE(receiver.on_datagram(4, payload_of(frame)));
    CHECK(context.stats.datagrams_dropped == 2);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
