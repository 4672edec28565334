// The scheduler, and the whole path through two sessions back to back: everything that the program does to a visitor's
// bytes but TLS and system calls. One copy of each byte stands for the kernel.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstring>
#include <vector>

#include "instructions/session_pair.hpp"
#include "mux/data_lane.hpp"

namespace {

using namespace ferrotunnel;
using instructions::SessionPair;

// --- who is next ---

class SilentWaker final : public buffer::Waker {
public:
    void wake() noexcept override {}
};

// The lane alone: each stream always has a full frame, of which only the header is written.
void pick(benchmark::State& state) {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    auto shared = make_intrusive<mux::SessionShared>(make_intrusive<SilentWaker>(), mux::Settings{});
    mux::Batch batch(pool);
    mux::DataLane lane;
    std::vector<IntrusivePtr<mux::Stream>> streams;
    for (std::uint32_t i = 0; i < static_cast<std::uint32_t>(state.range(0)); ++i) {
        streams.push_back(make_intrusive<mux::Stream>(shared, 1 + 2 * i, wire::ServiceKind::tcp, 0));
        lane.activate(*streams.back());
    }
    std::int64_t picked = 0;
    for (auto _ : state) {
        lane.run(batch, [&](mux::Stream& stream) -> std::size_t {
            wire::encode_header({0, wire::FrameType::data, 0, stream.id()}, batch.scratch(limits::frame_header_bytes));
            batch.commit(limits::frame_header_bytes);
            ++picked;
            return limits::frame_header_bytes + limits::data_payload_max;
        });
        batch.clear();
    }
    state.SetItemsProcessed(picked);
}
BENCHMARK(pick)->Arg(1)->Arg(100)->Arg(10'000)->ArgName("streams");

// produce() alone, with a message waiting on each stream. The clock is read around each batch; with one stream that is
// a good part of the figure.
void produce(benchmark::State& state) {
    SessionPair pair;
    auto ends = pair.open(static_cast<std::size_t>(state.range(0)));
    std::int64_t messages = 0;
    for (auto _ : state) {
        for (auto& some : ends) {
            some.visitor->send_message(64);
        }
        double seconds = 0;
        while (true) {
            auto begin = std::chrono::steady_clock::now();
            bool any = pair.server.session.produce(pair.server.batch, pair.now());
            seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
            if (!any) {
                break;
            }
            pair.deliver_produced();
        }
        pair.exchange();
        messages += state.range(0);
        state.SetIterationTime(seconds);
    }
    state.SetItemsProcessed(messages);
}
BENCHMARK(produce)->Arg(1)->Arg(100)->Arg(10'000)->ArgName("streams")->UseManualTime();

// --- the hot path ---

void bulk(benchmark::State& state) {
    SessionPair pair;
    auto ends = pair.open(static_cast<std::size_t>(state.range(0)));
    auto taken = [&] {
        std::uint64_t bytes = 0;
        for (const auto& some : ends) {
            bytes += some.backend->taken_bytes;
        }
        return bytes;
    };
    auto round = [&] {
        for (auto& some : ends) {
            some.visitor->send_bulk(pair.pool);
        }
        pair.exchange();
    };
    while (taken() < 16_MiB) {  // until windows have grown
        round();
    }
    std::uint64_t before = taken();
    std::uint64_t frames_before = pair.server.session.stats().frames_sent;
    for (auto _ : state) {
        round();
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(taken() - before));
    state.SetItemsProcessed(static_cast<std::int64_t>(pair.server.session.stats().frames_sent - frames_before));
}
BENCHMARK(bulk)->Arg(1)->Arg(10)->Arg(100)->ArgName("streams");

// Full frames in small reads for a socket that is full: pieces join a queue that nobody takes, which grows to 256 KiB.
// The smaller a read is, the longer the queue becomes: what a piece costs must not depend on that.
void slow_taker(benchmark::State& state) {
    SessionPair pair;
    pair.read_max = static_cast<std::uint32_t>(state.range(0));
    auto ends = pair.open(1);
    for (auto _ : state) {
        ends[0].backend->stalled = true;
        ends[0].visitor->send_bulk(pair.pool);
        pair.exchange();
        ends[0].backend->stalled = false;
        ends[0].backend->take();
        pair.exchange();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(ends[0].backend->taken_items));
}
BENCHMARK(slow_taker)->Arg(16)->Arg(64)->Arg(256)->Arg(1024)->ArgName("read");

// The cost of the copy that stands for the kernel: `bulk` without the sessions.
void copy_alone(benchmark::State& state) {
    buffer::SlabPtr from = buffer::make_slab(buffer::slab_bytes);
    buffer::SlabPtr to = buffer::make_slab(buffer::slab_bytes);
    std::memset(from->data(), 'c', buffer::slab_bytes);
    for (auto _ : state) {
        std::memcpy(to->data(), from->data(), buffer::slab_bytes);
        benchmark::DoNotOptimize(to->data());
        benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(buffer::slab_bytes));
}
BENCHMARK(copy_alone);

// 64 bytes there and back, on all streams at once.
void request(benchmark::State& state) {
    SessionPair pair;
    auto ends = pair.open(static_cast<std::size_t>(state.range(0)));
    for (auto& some : ends) {
        some.backend->echo = true;
    }
    for (auto _ : state) {
        for (auto& some : ends) {
            some.visitor->send_message(64);
        }
        pair.exchange();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(request)->Arg(1)->Arg(16)->Arg(256)->Arg(10'000)->ArgName("streams");

// Opened, answered and ended in both directions.
void open_close(benchmark::State& state) {
    SessionPair pair;
    std::vector<SessionPair::Ends> ends;
    for (std::int64_t i = 0; i < state.range(0); ++i) {
        ends.push_back({make_intrusive<instructions::End>(), make_intrusive<instructions::End>()});
        ends.back().backend->echo = true;
    }
    for (auto _ : state) {
        pair.come_and_go(ends);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(open_close)->Arg(1)->Arg(100)->ArgName("streams");

}  // namespace
