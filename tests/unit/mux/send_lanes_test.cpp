#include "mux/send_lanes.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_parts.hpp"

namespace ferrotunnel::mux::test {
namespace {

TEST_CASE_METHOD(SessionParts, "streams with control frames are served in order, each once", "[lanes]") {
    const auto first = make_stream(1);
    const auto second = make_stream(3);
    CHECK(lanes.empty());
    lanes.want_control(*second);
    lanes.want_control(*first);
    lanes.want_control(*second);
    CHECK(waker->count == 3);  // a driver may be asleep each time
    REQUIRE(lanes.has_control());
    CHECK(lanes.pop_control().stream == second);
    CHECK(lanes.pop_control().stream == first);
    CHECK(lanes.empty());
    lanes.want_control(*second);
    CHECK(lanes.pop_control().stream == second);
}

TEST_CASE_METHOD(SessionParts, "a stream leaves the lane with its OPEN, unless that was dropped", "[lanes]") {
    const auto first = make_stream(1);
    const auto second = make_stream(3);
    const auto third = make_stream(5);
    for (const auto& stream : {first, second, third}) {
        lanes.want_open(*stream, buffer::Slice::copy_of(open_frame(stream->id())));
    }
    lanes.want_control(*make_stream(2));
    lanes.drop_open(*second);
    CHECK(lanes.pop_control().open.size() == open_frame(1).size());
    const auto control = lanes.pop_control();
    CHECK(control.stream == second);
    CHECK(control.open.empty());
    CHECK(lanes.pop_control().open.size() == open_frame(5).size());
    CHECK(lanes.pop_control().open.empty());
    CHECK(lanes.empty());
}

TEST_CASE_METHOD(SessionParts, "streams with data take turns until they have nothing more", "[lanes]") {
    const auto first = make_stream(1);
    const auto second = make_stream(3);
    lanes.want_data(*first);
    lanes.want_data(*first);
    lanes.want_data(*second);
    CHECK_FALSE(lanes.has_control());
    CHECK_FALSE(lanes.empty());
    Batch batch(pool);
    std::vector<StreamId> turns;
    lanes.run_data(batch, 100, [&](const Stream& stream) -> std::size_t {
        turns.push_back(stream.id());
        return turns.size() < 5 ? limits::quantum_max : 0;
    });
    CHECK(std::count(turns.begin(), turns.end(), 1U) > 1);
    CHECK(std::count(turns.begin(), turns.end(), 3U) > 1);
    CHECK(lanes.empty());
}

TEST_CASE_METHOD(SessionParts, "lanes that are cleared keep no streams", "[lanes]") {
    auto stream = make_stream(1);
    lanes.want_control(*stream);
    lanes.want_data(*stream);
    lanes.clear();
    CHECK(lanes.empty());
    CHECK(lanes.gone() == 0);
    lanes.want_control(*stream);  // it may come back
    CHECK(lanes.pop_control().stream == stream);
}

}  // namespace
}  // namespace ferrotunnel::mux::test
