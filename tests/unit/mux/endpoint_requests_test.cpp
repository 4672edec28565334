#include "mux/endpoint_requests.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

TEST_CASE_METHOD(SessionParts, "an accepted stream is answered with a larger window", "[requests]") {
    const auto stream = open(2);
    stream->accept();
    const std::vector<Frame> frames = written();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].is(FrameType::opened, 2));
    CHECK(wire::decode_opened(frames[0].payload) == limits::opened_window - limits::first_window);
    CHECK(opens.peer() == 0);
}

TEST_CASE_METHOD(SessionParts, "while much is in use, and for datagrams, the window stays", "[requests]") {
    const auto datagrams = open(2, 0, wire::ServiceKind::udp);
    datagrams->accept();
    CHECK(wire::decode_opened(written().at(0).payload) == 0U);
    budget.commit(0, context.settings.budget / 2 + 1);
    const auto stream = open(4);
    stream->accept();
    CHECK(wire::decode_opened(written().at(0).payload) == 0U);
    budget.commit(context.settings.budget / 2 + 1, 0);
}

TEST_CASE_METHOD(SessionParts, "what an endpoint does not want is dropped, and its credit returns", "[requests]") {
    const auto stream = open_answered(2);
    REQUIRE_FALSE(feed(2, 16'000));
    REQUIRE_FALSE(feed(2, 16'000));
    compactor.forget();
    stream->stop_receiving();
    const std::vector<Frame> frames = written();
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].is(FrameType::credit, 2));
    CHECK(frames[0].credit() == 2 * (16'000 + limits::data_frame_cost));
    CHECK(context.shared->ledger->bytes() == 0);
    CHECK(table.next_deadline() != never);  // it is an orphan now
    REQUIRE_FALSE(feed(2, 1'000));
    CHECK(context.shared->ledger->bytes() > 0);  // until the read is over
    compactor.forget();
    CHECK(context.shared->ledger->bytes() == 0);
}

TEST_CASE_METHOD(SessionParts, "an endpoint that aborts ends its stream at once", "[requests]") {
    const auto stream = open_answered(2);
    stream->send(buffer::Slice::copy_of(Raw(10, 's')), false);
    stream->abort(Code::cancelled);
    CHECK(written().empty());
    CHECK(table.empty());
    CHECK(outbox.aborts() == 1);
    CHECK(stream->queued_bytes() == 0);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
