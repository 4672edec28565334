#include "mux/stream_table.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

TEST_CASE_METHOD(SessionParts, "a stream is found until it has ended", "[table]") {
    const auto stream = open_answered(1);
    CHECK(table.find(1) == stream.get());
    CHECK(table.find(3) == nullptr);
    CHECK(table.size() == 1);
    table.end_if_closed(*stream);
    CHECK(table.size() == 1);
    table.end(*stream, {StreamEnd::Kind::aborted, Code::cancelled});
    table.end(*stream, {StreamEnd::Kind::lost, Code::none});  // once
    CHECK(table.empty());
    CHECK(table.find(1) == nullptr);
    CHECK(stream->stream_end().code == Code::cancelled);
    wakes.flush();
    CHECK(stream_waker->count == 1);
}

TEST_CASE_METHOD(SessionParts, "an abort is told to a peer that knows the stream", "[table]") {
    const auto known = open_answered(1);
    const auto unknown = open(3);
    sender.send_open(*unknown, buffer::Slice::copy_of(open_frame(3)));
    table.abort(*known, Code::cancelled);
    table.abort(*unknown, Code::cancelled);
    CHECK(outbox.aborts() == 1);
    CHECK(context.stats.streams_refused == 0);  // the opener went away
    CHECK(lanes.gone() == 1);                   // one is still on the control lane
    CHECK(table.kept() == 2);
    CHECK(written().empty());
    CHECK(lanes.gone() == 0);
    CHECK(table.kept() == 1);
}

TEST_CASE_METHOD(SessionParts, "an endpoint's abort waits for its end where it is to be behind that", "[table]") {
    const auto stream = open_answered(1);
    stream->finish();
    stream->abort_behind(Code::cancelled);
    CHECK_FALSE(table.abort_if_requested(*stream));
    CHECK(written().size() == 1);  // FIN
    CHECK(stream->stream_end().code == Code::cancelled);
    CHECK(outbox.aborts() == 1);
    const auto other = open_answered(3);
    CHECK_FALSE(table.abort_if_requested(*other));
    other->abort(Code::internal);
    CHECK(table.abort_if_requested(*other));
}

TEST_CASE_METHOD(SessionParts, "of an endpoint's aborts the first one counts", "[table]") {
    const auto stream = open_answered(1);
    stream->abort(Code::internal);
    stream->abort_behind(Code::cancelled);
    CHECK(table.abort_if_requested(*stream));
    CHECK(stream->stream_end().code == Code::internal);
    const auto other = open_answered(3);
    other->finish();
    other->abort_behind(Code::cancelled);
    other->abort(Code::internal);
    CHECK_FALSE(table.abort_if_requested(*other));
    CHECK_FALSE(written().empty());
    CHECK(other->stream_end().code == Code::cancelled);
}

TEST_CASE_METHOD(SessionParts, "a stream that has ended is watched until everything was taken", "[table]") {
    auto stream = open_answered(2);
    REQUIRE_FALSE(feed(2, 1'000, wire::flag::fin));
    compactor.forget();
    stream->finish();
    CHECK(written().size() == 1);
    CHECK(table.empty());
    REQUIRE(table.unread() == 1);
    int holding = 0;
    table.for_each_holding([&](const Stream&) { ++holding; });
    CHECK(holding == 1);
    stream->consume(1'000);
    requests.serve_ready();
    CHECK(table.unread() == 0);
}

TEST_CASE_METHOD(SessionParts, "a stalled stream is reset, even if it has ended", "[table]") {
    const auto ended = open_answered(2);
    const auto live = open_answered(4);
    REQUIRE_FALSE(feed(2, 1'000, wire::flag::fin));
    compactor.forget();
    ended->finish();
    CHECK(written().size() == 1);
    REQUIRE(table.unread() == 1);
    table.reset_stalled(*ended);
    table.reset_stalled(*live);
    CHECK(table.unread() == 0);
    CHECK(ended->stream_end().code == Code::too_slow);
    CHECK(live->stream_end().code == Code::too_slow);
    CHECK(outbox.aborts() == 1);
}

TEST_CASE_METHOD(SessionParts, "an end that was left has a time in which something must move", "[table]") {
    const auto stream = open_answered(1);
    stream->send(buffer::Slice::copy_of(Raw(100, 's')), false);
    stream->flush();
    stream->leave();
    requests.serve_ready();
    const TimePoint begun = context.now;
    CHECK(table.next_deadline() == begun + context.settings.orphan_timeout);
    context.now += context.settings.orphan_timeout / 2;
    CHECK(written().size() == 1);  // something has moved
    CHECK(table.next_deadline() == context.now + context.settings.orphan_timeout);
    context.reattached_at = context.now + 1s;  // a new connection: the whole time again
    CHECK(table.next_deadline() == context.now + 1s + context.settings.orphan_timeout);
    stream->finish();
    CHECK(written().size() == 1);
    context.now += context.settings.orphan_timeout + 1s;
    table.end_overdue();
    CHECK(stream->stream_end().code == Code::cancelled);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
