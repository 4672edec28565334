#include "mux/outbox.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

namespace ferrotunnel::mux::test {
namespace {

struct OutboxFixture {
    buffer::SlabPool pool;
    IntrusivePtr<CountingWaker> waker = make_intrusive<CountingWaker>();
    Outbox outbox{*waker};

    std::vector<Frame> written() {
        Batch batch(pool);
        frames = outbox.write_urgent(batch) + outbox.write_resets(batch);
        Raw bytes;
        for (Bytes piece : batch.pieces()) {
            bytes.insert(bytes.end(), piece.begin(), piece.end());
        }
        return SessionFixture::cut(bytes);
    }
    std::uint64_t frames = 0;
};

TEST_CASE_METHOD(OutboxFixture, "session frames leave before resets, each kind in its order", "[outbox]") {
    outbox.abort({7, 5, Code::cancelled, false});
    REQUIRE(outbox.refuse(3, Code::busy));
    REQUIRE(outbox.send(control_frame(10)));
    outbox.send_goaway({9, Code::going_away, as_bytes("over")});
    CHECK(waker->count == 4);
    CHECK(outbox.aborts() == 1);

    const std::vector<Frame> all = written();
    REQUIRE(all.size() == 4);
    CHECK(frames == 4);
    CHECK(all[0].is(FrameType::control, 0));
    CHECK(all[1].goaway().last == 9);
    CHECK(all[2].is(FrameType::reset, 3));
    CHECK(all[3].is(FrameType::reset, 5));
    CHECK(all[3].reset().delivered == 7);
    CHECK(all[3].header.flags == wire::flag::abort);
    CHECK_FALSE(outbox.has_urgent());
    CHECK_FALSE(outbox.has_resets());
    CHECK(outbox.urgent_bytes() == 0);
}

TEST_CASE_METHOD(OutboxFixture, "an abort in order is a RESET without ABORT", "[outbox]") {
    outbox.abort({0, 5, Code::cancelled, true});
    CHECK(written().at(0).header.flags == 0);
}

TEST_CASE_METHOD(OutboxFixture, "session frames have a bound in bytes", "[outbox]") {
    while (outbox.urgent_bytes() + 1'008 <= limits::urgent_bytes_max) {
        REQUIRE(outbox.send(control_frame(1'000)));
    }
    const std::size_t rest = limits::urgent_bytes_max - outbox.urgent_bytes();
    const std::size_t before = outbox.urgent_bytes();
    CHECK_FALSE(outbox.send(Raw(rest + 1)));
    CHECK(outbox.urgent_bytes() == before);
    outbox.send_goaway({0, Code::limit, {}});  // the last word is always sent
    CHECK(outbox.urgent_bytes() > before);
}

TEST_CASE_METHOD(OutboxFixture, "answers to pings have a bound until they are written", "[outbox]") {
    for (std::uint32_t i = 0; i < limits::pongs_pending_max; ++i) {
        REQUIRE(outbox.count_pong());
        REQUIRE(outbox.send(ping_frame(i, true)));
    }
    CHECK_FALSE(outbox.count_pong());
    CHECK(written().size() == limits::pongs_pending_max);
    CHECK(outbox.count_pong());
}

TEST_CASE_METHOD(OutboxFixture, "refusals have a bound", "[outbox]") {
    for (std::uint32_t i = 0; i < limits::opens_unanswered_max; ++i) {
        REQUIRE(outbox.refuse(2 * i + 1, Code::busy));
    }
    CHECK_FALSE(outbox.refuse(1, Code::busy));
}

TEST_CASE_METHOD(OutboxFixture, "what does not fit waits for the next batch", "[outbox]") {
    for (std::uint32_t i = 0; i < 4'000; ++i) {
        outbox.abort({0, 2 * i + 1, Code::cancelled, false});
    }
    const std::size_t first = written().size();
    CHECK(first < 4'000);
    CHECK(outbox.aborts() == 4'000 - first);
    while (outbox.has_resets()) {
        REQUIRE_FALSE(written().empty());
    }
}

TEST_CASE_METHOD(OutboxFixture, "the end of streams and of the connection drop what concerned them", "[outbox]") {
    outbox.abort({0, 1, Code::cancelled, false});
    REQUIRE(outbox.send(control_frame(1)));
    REQUIRE(outbox.refuse(3, Code::busy));
    outbox.clear_aborts();
    CHECK(outbox.aborts() == 0);
    CHECK(outbox.has_urgent());
    outbox.clear();
    CHECK_FALSE(outbox.has_urgent());
    CHECK_FALSE(outbox.has_resets());
    CHECK(outbox.urgent_bytes() == 0);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
