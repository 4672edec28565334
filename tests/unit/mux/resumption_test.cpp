#include "mux/resumption.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

namespace ferrotunnel::mux::test {
namespace {

struct ResumptionFixture {
    buffer::SlabPool pool;
    TimePoint now = TimePoint{} + 1000h;
    Resumption resumption{{0, 0, limits::resume_memory_min, 30s}, make_intrusive<buffer::SlabLedger>(), now};

    /// Sends a batch of new bytes.
    void send(std::size_t bytes) {
        Batch batch(pool);
        REQUIRE(resumption.begin_batch(batch, false, now) == Resumption::Begun::fresh);
        batch.append(buffer::Slice::copy_of(Raw(bytes, 's')), 0);
        resumption.end_batch(batch, now);
    }
    /// Begins a batch and returns its bytes.
    Raw begun(Resumption::Begun expected, bool has_more = false) {
        Batch batch(pool);
        REQUIRE(resumption.begin_batch(batch, has_more, now) == expected);
        Raw bytes;
        for (Bytes piece : batch.pieces()) {
            bytes.insert(bytes.end(), piece.begin(), piece.end());
        }
        return bytes;
    }
};

TEST_CASE_METHOD(ResumptionFixture, "a new connection gets the login, then what is missed, then what is new",
                 "[resumption]") {
    send(1'000);
    CHECK_FALSE(resumption.can_reattach(400));
    resumption.detach();
    CHECK(resumption.is_detached());
    CHECK_FALSE(resumption.can_reattach(1'001));
    REQUIRE(resumption.can_reattach(400));
    resumption.reattach(400, as_bytes("login"), now);
    CHECK_FALSE(resumption.is_detached());
    CHECK(resumption.is_retransmitting());
    CHECK(begun(Resumption::Begun::complete).size() == 5 + 600);
    CHECK_FALSE(resumption.has_output());
    CHECK(begun(Resumption::Begun::fresh).empty());
}

TEST_CASE_METHOD(ResumptionFixture, "a CONFIRM frees what is kept, and cannot be of more than was sent",
                 "[resumption]") {
    send(1'000);
    CHECK(resumption.on_confirm(1'001, now) == Resumption::Confirmed::impossible);
    CHECK(resumption.held() > 0);
    CHECK(resumption.on_confirm(1'000, now) == Resumption::Confirmed::ok);
    CHECK(resumption.held() == 0);
    std::size_t sent = 1'000;
    while (!resumption.is_full()) {
        send(16'000);
        sent += 16'000;
    }
    CHECK(resumption.confirm_deadline() == now + limits::resume_confirm_timeout);
    CHECK(resumption.need() == Resumption::Need::ping);
    CHECK(resumption.on_confirm(sent, now) == Resumption::Confirmed::has_room);
    CHECK(resumption.confirm_deadline() == never);
    CHECK(resumption.need() == Resumption::Need::nothing);
}

TEST_CASE_METHOD(ResumptionFixture, "far beyond the bound the session fails", "[resumption]") {
    for (int i = 0; i < 12 * 64; ++i) {
        send(16'000);
    }
    CHECK(resumption.need() == Resumption::Need::fail);
}

TEST_CASE_METHOD(ResumptionFixture, "a CONFIRM is due by itself, beside other frames sooner, and beside a ping",
                 "[resumption]") {
    CHECK_FALSE(resumption.count_received(limits::confirm_every / 2, now));
    CHECK(begun(Resumption::Begun::fresh).empty());
    CHECK(begun(Resumption::Begun::confirmed, true).size() == wire::confirm_frame_bytes);
    CHECK(begun(Resumption::Begun::fresh, true).empty());
    CHECK_FALSE(resumption.count_received(limits::confirm_every - 1, now));
    CHECK(resumption.count_received(1, now));
    CHECK_FALSE(resumption.count_received(1, now));  // once
    CHECK(resumption.has_output());
    const Raw frame = begun(Resumption::Begun::confirmed);
    CHECK(wire::decode_confirm(Bytes(frame).subspan(limits::frame_header_bytes)) ==
          limits::confirm_every + limits::confirm_every / 2 + 1);
    CHECK_FALSE(resumption.count_received(1, now));
    CHECK_FALSE(resumption.has_output());
    resumption.note_ping(1);
    CHECK(resumption.has_output());
}

TEST_CASE_METHOD(ResumptionFixture, "a peer confirms before it answers a ping", "[resumption]") {
    send(100);
    resumption.note_ping(1);
    send(100);
    CHECK_FALSE(resumption.check_pong(1));
    CHECK(resumption.on_confirm(100, now) == Resumption::Confirmed::ok);
    CHECK(resumption.check_pong(1));
}

TEST_CASE_METHOD(ResumptionFixture, "a session may be resumed for a time after its last byte", "[resumption]") {
    CHECK(resumption.until() == now + 30s);
    now += 10s;
    (void)resumption.count_received(0, now);  // a connection without a byte does not count
    CHECK(resumption.until() == now + 20s);
    (void)resumption.count_received(1, now);
    CHECK(resumption.until() == now + 30s);
}

TEST_CASE_METHOD(ResumptionFixture, "what is given up keeps nothing more, and gives up where memory is short",
                 "[resumption]") {
    for (int i = 0; i < 5; ++i) {
        send(16'000);
    }
    const std::uint64_t held = resumption.held();
    CHECK(resumption.give_up_for(limits::resume_give_up_least - 1, now + 1min) == 0);
    CHECK(resumption.give_up_for(limits::resume_give_up_least, now) == 0);  // the peer has a little time to confirm
    CHECK(resumption.give_up_for(limits::resume_give_up_least, now + 1min) == held);
    CHECK(resumption.held() == 0);
    CHECK(resumption.is_given_up());
    CHECK_FALSE(resumption.give_up());
    CHECK(resumption.until() == TimePoint{});
    send(16'000);
    CHECK(resumption.held() == 0);
}

TEST_CASE_METHOD(ResumptionFixture, "what has to be sent again is kept until it was, even if given up",
                 "[resumption]") {
    send(1'000);
    resumption.detach();
    resumption.reattach(0, {}, now);
    REQUIRE(resumption.give_up());
    CHECK(begun(Resumption::Begun::complete).size() == 1'000);
    CHECK(resumption.held() == 0);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
