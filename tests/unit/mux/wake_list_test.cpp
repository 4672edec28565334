#include "mux/wake_list.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

TEST_CASE_METHOD(SessionParts, "an endpoint is woken once, however often it was touched", "[wakes]") {
    const auto stream = make_stream(1);
    REQUIRE(stream->try_park_receive());
    wakes.touch(*stream, false);
    wakes.touch(*stream, true);
    wakes.touch(*stream, false);
    CHECK(stream_waker->count == 0);
    wakes.flush();
    CHECK(stream_waker->count == 1);
    CHECK(wakes.empty());
    wakes.flush();
    CHECK(stream_waker->count == 1);
}

TEST_CASE_METHOD(SessionParts, "an endpoint that has not parked is woken only where it must be", "[wakes]") {
    const auto stream = make_stream(1);
    wakes.touch(*stream, false);
    wakes.flush();
    CHECK(stream_waker->count == 0);
    wakes.touch(*stream, true);
    wakes.flush();
    CHECK(stream_waker->count == 1);
    wakes.touch(*stream, false);
    wakes.flush();
    CHECK(stream_waker->count == 1);
}

TEST_CASE_METHOD(SessionParts, "an endpoint that is woken may touch others, and itself", "[wakes]") {
    const auto first = make_stream(1);
    const auto second = make_stream(3);
    stream_waker->action = [&] {
        if (stream_waker->count < 4) {
            wakes.touch(*first, true);
            wakes.touch(*second, true);
        }
    };
    wakes.touch(*first, true);
    wakes.flush();
    CHECK(wakes.empty());
    CHECK(stream_waker->count >= 4);
    stream_waker->action = nullptr;
}

TEST_CASE_METHOD(SessionParts, "a stream that was touched lives until it was woken", "[wakes]") {
    auto stream = make_stream(1);
    wakes.touch(*stream, true);
    stream.reset();
    wakes.flush();
    CHECK(stream_waker->count == 1);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
