// Frames: bytes <-> values, and cutting reads into frames.
#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <vector>

#include "buffer/slab.hpp"
#include "mux/frame_reader.hpp"
#include "wire/frame.hpp"

namespace {

using namespace ferrotunnel;

// Many different headers, so that neither the same bytes nor the same branches come again and again.
constexpr std::size_t frames = 1024;

std::array<wire::FrameHeader, frames> some_headers() {
    std::array<wire::FrameHeader, frames> headers;
    for (std::uint32_t i = 0; i < frames; ++i) {
        headers[i] = {static_cast<std::uint16_t>(1 + i * 37 % limits::data_payload_max), wire::FrameType::data,
                      i % 16 == 0 ? wire::flag::fin : std::uint8_t{0}, 1 + 2 * i};
    }
    return headers;
}

void encode_header(benchmark::State& state) {
    const auto headers = some_headers();
    std::array<std::uint8_t, frames * limits::frame_header_bytes> bytes;
    for (auto _ : state) {
        for (std::size_t i = 0; i < frames; ++i) {
            wire::encode_header(headers[i], bytes.data() + i * limits::frame_header_bytes);
        }
        benchmark::DoNotOptimize(bytes.data());
        benchmark::ClobberMemory();
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames));
}
BENCHMARK(encode_header);

// Decodes headers, and checks them.
void decode_header(benchmark::State& state) {
    std::array<std::uint8_t, frames * limits::frame_header_bytes> bytes;
    const auto headers = some_headers();
    for (std::size_t i = 0; i < frames; ++i) {
        wire::encode_header(headers[i], bytes.data() + i * limits::frame_header_bytes);
    }
    for (auto _ : state) {
        benchmark::ClobberMemory();  // the bytes may have changed
        for (std::size_t i = 0; i < frames; ++i) {
            wire::FrameHeader header = wire::decode_header(bytes.data() + i * limits::frame_header_bytes);
            benchmark::DoNotOptimize(wire::violation_of(header));
        }
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(frames));
}
BENCHMARK(decode_header);

void encode_decode_open(benchmark::State& state) {
    std::array<std::uint8_t, wire::open_frame_max> bytes;
    wire::Open open;
    open.service = 7;
    open.visitor.family = 6;
    for (auto _ : state) {
        benchmark::DoNotOptimize(open);
        std::size_t n = wire::encode_open(3, open, bytes.data());
        benchmark::DoNotOptimize(bytes.data());
        benchmark::ClobberMemory();
        benchmark::DoNotOptimize(
            wire::decode_open({bytes.data() + limits::frame_header_bytes, n - limits::frame_header_bytes}));
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(encode_decode_open);

class Counter final : public mux::FrameSink {
public:
    bool on_header(const wire::FrameHeader& header) override { return !wire::violation_of(header); }
    bool on_data(const wire::FrameHeader&, buffer::Slice piece, bool, bool last) override {
        benchmark::DoNotOptimize(piece.data());
        frames += last ? 1 : 0;
        return true;
    }
    bool on_frame(const wire::FrameHeader&, Bytes payload) override {
        benchmark::DoNotOptimize(payload.data());
        ++frames;
        return true;
    }
    std::int64_t frames = 0;
};

// Full reads of DATA frames with payloads of the given size; a frame that one read cuts continues in the next one.
void read_frames(benchmark::State& state) {
    const auto payload = static_cast<std::uint16_t>(state.range(0));
    const std::size_t frame = limits::frame_header_bytes + payload;
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    constexpr std::size_t reads_max = 4;  // few enough to stay in the caches
    std::vector<std::uint8_t> stream(reads_max * buffer::slab_bytes + frame, 'd');
    for (std::size_t at = 0; at + frame <= stream.size(); at += frame) {
        wire::encode_header({payload, wire::FrameType::data, 0, 1}, stream.data() + at);
    }
    std::vector<buffer::SlabPtr> reads;
    for (std::size_t i = 0; i < reads_max; ++i) {
        reads.push_back(pool.acquire());
        std::memcpy(reads.back()->data(), stream.data() + i * buffer::slab_bytes, buffer::slab_bytes);
    }
    Counter counter;
    for (auto _ : state) {
        mux::FrameReader reader;
        for (const buffer::SlabPtr& slab : reads) {
            reader.read(buffer::Slice(slab, 0, buffer::slab_bytes), counter);
        }
    }
    state.SetItemsProcessed(counter.frames);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(reads.size() * buffer::slab_bytes));
}
BENCHMARK(read_frames)->Arg(64)->Arg(1024)->Arg(limits::data_payload_max)->ArgName("payload");

}  // namespace
