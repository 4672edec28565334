#include "mux/frame_reader.hpp"

#include <catch2/catch.hpp>

#include "unit/mux/session_fixture.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::mux;
using namespace ferrotunnel::mux::test;

namespace {

/// Puts frames together again, whatever pieces they come in.
class Collector final : public FrameSink {
public:
    bool on_header(const wire::FrameHeader& header) override {
        headers.push_back(header);
        return headers.size() != stop_at_header;
    }
    bool on_data(const wire::FrameHeader& header, buffer::Slice piece, bool first, bool last) override {
        if (first) {
            frames.push_back({header, {}});
        }
        Bytes bytes = piece.bytes();
        frames.back().payload.insert(frames.back().payload.end(), bytes.begin(), bytes.end());
        complete += last ? 1 : 0;
        ++pieces;
        return true;
    }
    bool on_frame(const wire::FrameHeader& header, Bytes payload) override {
        frames.push_back({header, Raw(payload.begin(), payload.end())});
        ++complete;
        return true;
    }
    std::vector<wire::FrameHeader> headers;
    std::vector<Frame> frames;
    std::size_t complete = 0;
    std::size_t pieces = 0;
    std::size_t stop_at_header = 0;
};

Raw example() {
    return open_frame(1) + data_frame(1, 20) + fin_frame(1) + ping_frame(7, false) + control_frame(33) +
           data_frame(1, 1, wire::flag::blocked) + datagram_frame(1, 0) + datagram_frame(1, 9) +
           goaway_frame(5, Code::none);
}

void read(FrameReader& reader, const Raw& bytes, FrameSink& sink) {
    reader.read(buffer::Slice::copy_of(bytes), sink);
}

}  // namespace

TEST_CASE("frames are the same however their bytes are cut into reads") {
    Raw bytes = example();
    std::vector<Frame> expected = SessionFixture::cut(bytes);
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        FrameReader reader;
        Collector collector;
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
            auto end = bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), at + step));
            read(reader, Raw(begin, end), collector);
        }
        REQUIRE(collector.complete == expected.size());
        REQUIRE(collector.frames.size() == expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            REQUIRE(collector.frames[i].header == expected[i].header);
            REQUIRE(collector.frames[i].payload == expected[i].payload);
        }
    }
}

TEST_CASE("a cut at each byte, two reads") {
    Raw bytes = example();
    std::size_t expected = SessionFixture::cut(bytes).size();
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        FrameReader reader;
        Collector collector;
        read(reader, Raw(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(at)), collector);
        read(reader, Raw(bytes.begin() + static_cast<std::ptrdiff_t>(at), bytes.end()), collector);
        REQUIRE(collector.complete == expected);
    }
}

TEST_CASE("DATA in one read is one piece, in the slab that it came in") {
    FrameReader reader;
    Collector collector;
    read(reader, data_frame(1, 1'000) + data_frame(1, 1'000), collector);
    REQUIRE(collector.pieces == 2);
}

TEST_CASE("the reader stops where the sink says so") {
    FrameReader reader;
    Collector collector;
    collector.stop_at_header = 2;
    read(reader, data_frame(1, 10) + data_frame(1, 10) + data_frame(1, 10), collector);
    REQUIRE(collector.headers.size() == 2);
    REQUIRE(collector.complete == 1);
}
