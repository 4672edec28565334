// What leaves first: session frames, control frames of streams, then data, shared fairly.
#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

/// A session with streams that may send as much as they like.
struct Senders : SessionFixture {
    explicit Senders(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            streams.push_back(open(i));
        }
        produce();
        for (auto& stream : streams) {
            feed(opened_frame(stream->id(), 1'000'000'000));
        }
    }
    std::vector<IntrusivePtr<Stream>> streams;
};

std::vector<StreamId> order_of_data(const std::vector<Frame>& frames) {
    std::vector<StreamId> ids;
    for (const Frame& frame : of_type(frames, FrameType::data)) {
        ids.push_back(frame.header.stream);
    }
    return ids;
}

}  // namespace

TEST_CASE("session frames overtake control frames, and both overtake data") {
    Senders fixture(2);
    fixture.send(*fixture.streams[0], 500'000);
    fixture.produce_batch();
    // While that batch is being written everything happens at once.
    fixture.streams[1]->abort(Code::cancelled);
    fixture.open(9);
    fixture.feed(ping_frame(5, false));
    fixture.session->send_control(Raw{'x'});
    auto frames = fixture.produce_batch();
    REQUIRE(frames.size() > 4);
    REQUIRE(frames[0].header.type == FrameType::ping);
    REQUIRE(frames[1].header.type == FrameType::control);
    std::vector<FrameType> control{frames[2].header.type, frames[3].header.type};
    std::sort(control.begin(), control.end());
    REQUIRE(control == std::vector{FrameType::open, FrameType::reset});
    REQUIRE(frames[4].header.type == FrameType::data);
}

TEST_CASE("a batch holds no more than its bytes, and the rest follows") {
    Senders fixture(1);
    fixture.send(*fixture.streams[0], 1'000'000);
    // A batch is small until the trunk is known to be fast. The last frame may begin just below the limit.
    auto frames = fixture.produce_batch();
    REQUIRE(payload_bytes(frames, 1) >= limits::batch_bytes_min - 16_KiB);
    REQUIRE(payload_bytes(frames, 1) <= limits::batch_bytes_min + 16_KiB);
    REQUIRE(fixture.session->has_output());
    fixture.now += 10ms;
    fixture.session->written(100'000'000, fixture.now);
    auto more = fixture.produce_batch();
    REQUIRE(payload_bytes(more, 1) >= limits::batch_bytes_max - 16_KiB);
    REQUIRE(payload_bytes(more, 1) <= limits::batch_bytes_max + 16_KiB);
    frames.insert(frames.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    std::size_t rest = payload_bytes(fixture.produce(), 1);
    REQUIRE(payload_bytes(frames, 1) + rest == 1'000'000);
    REQUIRE_FALSE(fixture.session->has_output());
}

TEST_CASE("streams with much to send take turns of a quantum") {
    Senders fixture(4);
    for (auto& stream : fixture.streams) {
        fixture.send(*stream, 300'000);
    }
    std::map<StreamId, std::size_t> sent;
    for (int batch = 0; batch < 4; ++batch) {
        for (const Frame& frame : of_type(fixture.produce_batch(), FrameType::data)) {
            sent[frame.header.stream] += frame.payload.size();
            auto [least, most] =
                std::minmax_element(sent.begin(), sent.end(), [](auto& a, auto& b) { return a.second < b.second; });
            if (sent.size() == 4) {
                REQUIRE(most->second - least->second <= 2 * limits::quantum_min);
            }
        }
    }
    REQUIRE(sent.size() == 4);
}

TEST_CASE("fairness is by bytes, not by frames") {
    Senders fixture(2);
    for (int i = 0; i < 600; ++i) {
        fixture.streams[0]->send(buffer::Slice::copy_of(Raw(200)), false);
    }
    fixture.streams[0]->flush();
    fixture.send(*fixture.streams[1], 120'000);
    std::size_t small = 0;
    std::size_t big = 0;
    for (const Frame& frame : of_type(fixture.produce(), FrameType::data)) {
        (frame.header.stream == 1 ? small : big) += frame.payload.size() + limits::frame_header_bytes;
        if (small < 100'000 && big < 100'000) {
            std::size_t apart = small > big ? small - big : big - small;
            REQUIRE(apart <= 2 * limits::quantum_min);
        }
    }
    REQUIRE(small == 600 * 208);
}

TEST_CASE("a stream that was idle goes first, once") {
    Senders fixture(2);
    Stream& bulk = *fixture.streams[0];
    Stream& interactive = *fixture.streams[1];
    fixture.send(bulk, 2'000'000);
    fixture.produce_batch();
    fixture.send(interactive, 100);
    auto ids = order_of_data(fixture.produce_batch());
    REQUIRE(ids.front() == interactive.id());
    REQUIRE(std::count(ids.begin(), ids.end(), interactive.id()) == 1);

    SECTION("again and again, as long as it is sparse") {
        for (int i = 0; i < 3; ++i) {
            fixture.send(interactive, 100);
            REQUIRE(order_of_data(fixture.produce_batch()).front() == interactive.id());
        }
    }
    SECTION("but with one quantum only") {
        fixture.send(interactive, 100'000);
        ids = order_of_data(fixture.produce_batch());
        auto second = std::find(ids.begin(), ids.end(), bulk.id());
        REQUIRE(second != ids.end());
        REQUIRE(second - ids.begin() <= 2);
    }
}

TEST_CASE("a new stream's first data goes before the bulk of others") {
    Senders fixture(1);
    fixture.send(*fixture.streams[0], 2'000'000);
    fixture.produce_batch();
    auto fresh = fixture.open(5);
    fixture.send(*fresh, 10'000);
    auto frames = fixture.produce_batch();
    REQUIRE(frames[0].header.type == FrameType::open);
    REQUIRE(frames[1].header.stream == fresh->id());
}

TEST_CASE("streams that wait for credit do not hold up others") {
    SessionFixture fixture;
    auto stalled = fixture.open(1);
    auto fast = fixture.open(2);
    fixture.produce();
    fixture.feed(opened_frame(fast->id(), 10'000'000));
    fixture.send(*stalled, 500'000);
    fixture.send(*fast, 500'000);
    auto frames = fixture.produce();
    REQUIRE(payload_bytes(frames, fast->id()) == 500'000);
    REQUIRE(payload_bytes(frames, stalled->id()) <= limits::first_window);
    REQUIRE_FALSE(fixture.session->has_output());
}

TEST_CASE("payloads with headroom are framed in place, and neighbours leave as one piece") {
    Senders fixture(1);
    fixture.now += 10ms;
    fixture.session->written(100'000'000, fixture.now);  // a fast trunk
    buffer::SlabPtr slab = fixture.pool.acquire();
    for (std::uint32_t i = 0; i < 4; ++i) {
        auto at = static_cast<std::uint32_t>(i * 16_KiB + limits::frame_header_bytes);
        std::memset(slab->data() + at, 'h', limits::data_payload_max);
        fixture.streams[0]->send(buffer::Slice(slab, at, limits::data_payload_max), true);
    }
    fixture.streams[0]->flush();
    Batch batch(fixture.pool);
    REQUIRE(fixture.session->produce(batch, fixture.now));
    REQUIRE(batch.pieces().size() == 1);
    REQUIRE(batch.pieces()[0].data() == slab->data());
    REQUIRE(batch.pieces()[0].size() == 64_KiB);
    REQUIRE(batch.copied() == 0);
    Raw bytes(batch.pieces()[0].begin(), batch.pieces()[0].end());
    REQUIRE(payload_bytes(SessionFixture::cut(bytes), 1) == 4 * limits::data_payload_max);
    // The batch keeps the slab alive until it is written.
    slab.reset();
    REQUIRE(fixture.pool.in_use() == 1);
    batch.advance(30'000);
    REQUIRE(fixture.pool.in_use() == 1);
    batch.advance(64_KiB - 30'000);
    REQUIRE(fixture.pool.in_use() == 0);
    fixture.session->written(64_KiB, fixture.now);
}

TEST_CASE("a payload that credit cuts keeps its order and loses nothing") {
    SessionFixture fixture;
    auto stream = fixture.open();
    fixture.produce();
    Raw sent;
    for (int i = 0; i < 10; ++i) {
        buffer::SlabPtr slab = fixture.pool.acquire();
        for (std::uint32_t at = 8; at < 8 + limits::data_payload_max; ++at) {
            slab->data()[at] = static_cast<std::uint8_t>(fixture.random.next());
            sent.push_back(slab->data()[at]);
        }
        stream->send(buffer::Slice(std::move(slab), 8, limits::data_payload_max), true);
    }
    stream->finish();
    Raw received;
    bool finished = false;
    for (int i = 0; i < 100 && !finished; ++i) {
        for (const Frame& frame : of_type(fixture.produce(), FrameType::data)) {
            received.insert(received.end(), frame.payload.begin(), frame.payload.end());
            finished = (frame.header.flags & wire::flag::fin) != 0;
        }
        fixture.feed(credit_frame(1, static_cast<std::uint32_t>(fixture.random.between(1, 5'000))));
    }
    REQUIRE(finished);
    REQUIRE(received == sent);
}

TEST_CASE("the session's waker is called once for many streams") {
    Senders fixture(5);
    fixture.waker->count = 0;
    for (auto& stream : fixture.streams) {
        fixture.send(*stream, 10);
    }
    REQUIRE(fixture.waker->count == 1);
    fixture.produce();
    REQUIRE_FALSE(fixture.session->has_output());
    fixture.waker->count = 0;
    fixture.send(*fixture.streams[0], 10);
    REQUIRE(fixture.waker->count == 1);
}
