// How the directions of a stream end: FIN, ordered reset, abort, and frames that come too late.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

struct OpenedStream : SessionFixture {
    OpenedStream() : stream(open()) {
        produce();
        feed(opened_frame(1, 0));
        stream_waker->count = 0;
    }
    IntrusivePtr<Stream> stream;
};

std::vector<StreamItem::Kind> kinds_of(Stream& stream) {
    std::vector<StreamItem::Kind> kinds;
    stream.for_each_inbound([&](StreamItem& item) { kinds.push_back(item.kind); });
    return kinds;
}

constexpr auto data = StreamItem::Kind::data;
constexpr auto fin = StreamItem::Kind::fin;
constexpr auto reset = StreamItem::Kind::reset;

}  // namespace

TEST_CASE("FIN rides on the last data") {
    OpenedStream fixture;
    fixture.send(*fixture.stream, 20'000);
    fixture.stream->finish();
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].header.flags == 0);
    REQUIRE(frames[1].header.flags == wire::flag::fin);
    REQUIRE(payload_bytes(frames, 1) == 20'000);
}

TEST_CASE("FIN alone is an empty DATA, and needs no credit") {
    OpenedStream fixture;
    fixture.send(*fixture.stream, limits::first_window);  // more than credit with costs
    auto frames = fixture.produce();
    REQUIRE((frames.back().header.flags & wire::flag::blocked) != 0);
    fixture.feed(credit_frame(1, 224 + 32 + 2 * limits::data_frame_cost));  // exactly what is left
    fixture.produce();
    fixture.stream->finish();
    frames = fixture.produce();
    REQUIRE(frames.size() == 1);
    REQUIRE(frames[0].header.length == 0);
    REQUIRE(frames[0].header.flags == wire::flag::fin);
}

TEST_CASE("a stream is gone when both directions have finished") {
    SECTION("the peer first") {
        OpenedStream fixture;
        fixture.feed(fin_frame(1));
        REQUIRE(kinds_of(*fixture.stream) == std::vector{fin});
        REQUIRE_FALSE(fixture.stream->send_is_dead());
        fixture.send(*fixture.stream, 100);  // a late answer
        fixture.stream->finish();
        REQUIRE(payload_bytes(fixture.produce(), 1) == 100);
        REQUIRE(fixture.session->stats().streams == 0);
    }
    SECTION("this side first") {
        OpenedStream fixture;
        fixture.stream->finish();
        fixture.produce();
        REQUIRE(fixture.session->stats().streams == 1);
        fixture.feed(data_frame(1, 100) + data_frame(1, 100, wire::flag::fin));
        REQUIRE(fixture.session->stats().streams == 0);
        // What has arrived stays for the endpoint.
        REQUIRE(kinds_of(*fixture.stream) == std::vector{data, data, fin});
        REQUIRE_FALSE(fixture.stream->stream_end());
        REQUIRE(SessionFixture::take_all(*fixture.stream) == 200);
    }
}

TEST_CASE("an ordered reset follows the data that was queued before it") {
    OpenedStream fixture;
    fixture.send(*fixture.stream, 70'000);  // more than the first window
    fixture.stream->count_delivered(123);
    fixture.stream->reset(Code::connection_reset);
    auto frames = fixture.produce();
    REQUIRE(of_type(frames, FrameType::reset).empty());
    REQUIRE(fixture.session->stats().streams == 1);
    fixture.feed(credit_frame(1, 50'000));
    auto rest = fixture.produce();
    REQUIRE(payload_bytes(frames, 1) + payload_bytes(rest, 1) == 70'000);
    REQUIRE(rest.back().header.type == FrameType::reset);
    REQUIRE(rest.back().header.flags == 0);
    REQUIRE(rest.back().reset().code == Code::connection_reset);
    REQUIRE(rest.back().reset().delivered == 123);
    REQUIRE(fixture.session->stats().streams == 0);
}

TEST_CASE("a reset may follow the end of a direction") {
    OpenedStream fixture;
    fixture.send(*fixture.stream, 10);
    fixture.stream->finish();
    fixture.stream->reset(Code::connection_reset);
    auto frames = fixture.produce();
    REQUIRE(frames.size() == 2);
    REQUIRE(frames[0].header.flags == wire::flag::fin);
    REQUIRE(frames[1].header.type == FrameType::reset);
    REQUIRE(fixture.session->stats().streams == 0);
}

TEST_CASE("an ordered reset reaches the endpoint after the data before it") {
    OpenedStream fixture;
    fixture.feed(data_frame(1, 100) + reset_frame(1, Code::connection_reset, false, 77));
    REQUIRE(kinds_of(*fixture.stream) == std::vector{data, reset});
    REQUIRE_FALSE(fixture.stream->stream_end());
    REQUIRE(fixture.stream->send_is_dead());
    REQUIRE(fixture.stream->peer_delivered() == 77);
    REQUIRE(fixture.stream_waker->count >= 1);
    REQUIRE(fixture.session->stats().streams == 0);
    fixture.stream->consume(100);
    REQUIRE(fixture.stream->front()->code == Code::connection_reset);
    REQUIRE(fixture.produce().empty());  // a reset is not answered
}

TEST_CASE("an ordered reset after FIN does not overtake data that was not taken") {
    OpenedStream fixture;
    fixture.feed(data_frame(1, 100, wire::flag::fin) + reset_frame(1, Code::connection_reset, false));
    REQUIRE(kinds_of(*fixture.stream) == std::vector{data, fin, reset});
    REQUIRE_FALSE(fixture.stream->stream_end());
}

TEST_CASE("a reset wakes an endpoint that waits for room to send") {
    for (bool abort : {false, true}) {
        OpenedStream fixture;
        fixture.send(*fixture.stream, 300'000);
        fixture.produce();
        REQUIRE(fixture.stream->try_park_send());
        fixture.stream_waker->count = 0;
        fixture.feed(reset_frame(1, Code::cancelled, abort));
        REQUIRE(fixture.stream_waker->count == 1);
        REQUIRE(fixture.stream->queued_bytes() == 0);
    }
}

TEST_CASE("an abort overtakes: it drops what is queued, on both sides") {
    SECTION("sent") {
        OpenedStream fixture;
        fixture.send(*fixture.stream, 50'000);
        fixture.stream->abort(Code::cancelled);
        fixture.stream->abort(Code::internal);  // the first abort counts
        auto frames = fixture.produce();
        REQUIRE(frames.size() == 1);
        REQUIRE(frames[0].is(FrameType::reset, 1));
        REQUIRE(frames[0].header.flags == wire::flag::abort);
        REQUIRE(frames[0].reset().code == Code::cancelled);
        REQUIRE(fixture.stream->queued_bytes() == 0);
        REQUIRE(fixture.session->stats().streams == 0);
    }
    SECTION("sent behind data in flight: nothing of the stream follows it") {
        OpenedStream fixture;
        fixture.send(*fixture.stream, 200'000);
        fixture.produce_batch();
        fixture.stream->abort(Code::cancelled);
        auto frames = fixture.produce();
        REQUIRE(frames.size() == 1);
        fixture.feed(credit_frame(1, 100'000));
        REQUIRE(fixture.produce().empty());
    }
    SECTION("received") {
        OpenedStream fixture;
        fixture.send(*fixture.stream, 50'000);
        fixture.feed(data_frame(1, 100) + reset_frame(1, Code::timeout, true, 5));
        REQUIRE(fixture.stream->stream_end().kind == StreamEnd::Kind::aborted);
        REQUIRE(fixture.stream->stream_end().code == Code::timeout);
        REQUIRE(fixture.stream->peer_delivered() == 5);
        REQUIRE(fixture.stream->queued_bytes() == 0);
        REQUIRE(fixture.stream_waker->count == 1);
        REQUIRE(fixture.produce().empty());
    }
}

TEST_CASE("a verdict wakes an endpoint that did not park") {
    OpenedStream fixture;
    fixture.feed(data_frame(1, 5));
    int before = fixture.stream_waker->count;
    fixture.feed(reset_frame(1, Code::cancelled, true));
    REQUIRE(fixture.stream_waker->count == before + 1);
}

TEST_CASE("frames for streams that are gone are ignored, counted and not answered") {
    OpenedStream fixture;
    fixture.stream->abort(Code::cancelled);
    fixture.produce();
    fixture.feed(data_frame(1, 1'000) + credit_frame(1, 100) + fin_frame(1) + datagram_frame(1, 10) +
                 reset_frame(1, Code::none, false));
    REQUIRE(fixture.failure_code() == Code::none);
    REQUIRE(fixture.session->stats().frames_ignored == 5);
    REQUIRE(fixture.produce().empty());
    REQUIRE(fixture.pool.in_use() == 0);
}

TEST_CASE("DATA whose stream ends while it comes in is ignored to its end") {
    OpenedStream fixture;
    Raw frame = data_frame(1, 1'000);
    Raw first(frame.begin(), frame.begin() + 500);
    Raw second(frame.begin() + 500, frame.end());
    fixture.feed(first);
    REQUIRE(fixture.stream->front()->slice.size() == 500 - limits::frame_header_bytes);
    fixture.stream->abort(Code::cancelled);
    fixture.produce();
    fixture.feed(second + ping_frame(5, false));
    auto pongs = fixture.produce();
    REQUIRE(pongs.size() == 1);
    REQUIRE(pongs[0].header.type == FrameType::ping);
}

TEST_CASE("who stops receiving can still send, and what comes is thrown away and paid back") {
    OpenedStream fixture;
    fixture.feed(data_frame(1, 16'000) + data_frame(1, 16'000));
    fixture.stream->stop_receiving();
    auto frames = fixture.produce();
    REQUIRE(of_type(frames, FrameType::credit).size() == 1);
    REQUIRE(fixture.pool.in_use() == 0);
    std::uint64_t credit = frames.at(0).credit();
    for (int i = 0; i < 20; ++i) {
        fixture.feed(data_frame(1, 16'000));
        for (const Frame& frame : of_type(fixture.produce(), FrameType::credit)) {
            credit += frame.credit();
        }
    }
    REQUIRE(credit >= 22 * 16'064 - limits::first_window / 2);
    REQUIRE(fixture.pool.in_use() == 0);
    fixture.send(*fixture.stream, 100);
    REQUIRE(payload_bytes(fixture.produce(), 1) == 100);

    SECTION("it learns of a reset by a verdict") {
        fixture.feed(reset_frame(1, Code::connection_reset, false));
        REQUIRE(fixture.stream->stream_end().code == Code::connection_reset);
    }
    SECTION("the stream ends when both have finished") {
        fixture.feed(fin_frame(1));
        fixture.stream->finish();
        fixture.produce();
        REQUIRE(fixture.session->stats().streams == 0);
    }
}

TEST_CASE("an endpoint may drop its handle with items in both queues") {
    OpenedStream fixture;
    fixture.feed(data_frame(1, 1'000));
    fixture.send(*fixture.stream, 1'000);
    fixture.stream->abort(Code::cancelled);
    fixture.stream.reset();
    fixture.produce();
    REQUIRE(fixture.session->stats().streams == 0);
    REQUIRE(fixture.pool.in_use() == 0);
    REQUIRE(fixture.session->stats().bytes_held == 0);
}
