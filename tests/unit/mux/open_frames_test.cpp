#include "mux/open_frames.hpp"

#include <array>
#include <catch2/catch.hpp>

namespace ferrotunnel::mux {
namespace {

buffer::Slice frame_of(std::uint8_t byte) {
    const std::array<std::uint8_t, 1> bytes{byte};
    return buffer::Slice::copy_of(bytes);
}

TEST_CASE("frames of OPEN leave in order, each for its stream only", "[sender]") {
    OpenFrames frames;
    frames.push(1, frame_of(11));
    frames.push(3, frame_of(33));
    CHECK(frames.take(3).empty());
    CHECK(frames.take(2).empty());
    CHECK(frames.take(1).bytes()[0] == 11);
    CHECK(frames.take(1).empty());
    CHECK(frames.take(3).bytes()[0] == 33);
    CHECK(frames.take(3).empty());
    CHECK(frames.size() == 0);
}

TEST_CASE("frames of OPEN take memory for those that wait, not for all that ever came", "[sender]") {
    OpenFrames frames;
    for (wire::StreamId id = 1; id < 10; ++id) {
        frames.push(id, frame_of(0));
    }
    for (wire::StreamId id = 10; id < 10'000; ++id) {  // some always wait
        frames.push(id, frame_of(0));
        CHECK_FALSE(frames.take(id - 9).empty());
    }
    CHECK(frames.size() == 9);
    CHECK(frames.capacity() <= 40);
}

TEST_CASE("a dropped frame of OPEN keeps its place until its stream leaves", "[sender]") {
    OpenFrames frames;
    for (const wire::StreamId id : {1U, 3U, 5U}) {
        frames.push(id, frame_of(static_cast<std::uint8_t>(id)));
    }
    frames.drop(3);
    frames.drop(4);  // it has none
    CHECK(frames.size() == 3);
    CHECK_FALSE(frames.take(1).empty());
    CHECK(frames.take(3).empty());
    CHECK(frames.take(5).bytes()[0] == 5);
    frames.push(7, frame_of(7));
    frames.clear();
    CHECK(frames.size() == 0);
    CHECK(frames.take(7).empty());
}

TEST_CASE("the memory of a burst of opens is returned with the next open", "[sender]") {
    OpenFrames frames;
    for (wire::StreamId id = 1; id <= 1'000; ++id) {
        frames.push(id, frame_of(0));
    }
    CHECK(frames.capacity() >= 1'000);
    for (wire::StreamId id = 1; id <= 1'000; ++id) {
        CHECK_FALSE(frames.take(id).empty());
    }
    frames.push(1'001, frame_of(0));
    CHECK(frames.size() == 1);
    CHECK(frames.capacity() <= OpenFrames::kept_max);
}

}  // namespace
}  // namespace ferrotunnel::mux
