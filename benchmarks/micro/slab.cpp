// The slab pool: taking and giving back, by the owner and by another thread.
#include <benchmark/benchmark.h>

#include <atomic>
#include <utility>
#include <vector>

#include "buffer/slab.hpp"
#include "buffer/spsc_queue.hpp"
#include "spin.hpp"

namespace {

using namespace ferrotunnel;

void slab_owner(benchmark::State& state) {
    buffer::SlabPool pool;
    buffer::SlabPool::Scope scope(pool);
    auto ledger = make_intrusive<buffer::SlabLedger>();
    std::vector<buffer::SlabPtr> held(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) {
        for (buffer::SlabPtr& slab : held) {
            slab = pool.acquire(ledger.get());
            benchmark::DoNotOptimize(slab->data());
        }
        for (buffer::SlabPtr& slab : held) {
            slab.reset();
        }
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(slab_owner)->Arg(1)->Arg(32)->ArgName("held");

// A slab of exactly as many bytes as are needed, as small payloads get one.
void slab_unpooled(benchmark::State& state) {
    for (auto _ : state) {
        buffer::SlabPtr slab = buffer::make_slab(72);
        benchmark::DoNotOptimize(slab->data());
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(slab_unpooled);

// Slabs that are taken here, released on the other thread, and come home by the return stack. The queue between them is
// part of the figure: queue_two_threads has it alone.
struct Shared {
    buffer::SlabPool pool;
    buffer::SpscQueue<buffer::SlabPtr> queue;
    std::atomic<std::uint64_t> taken{0};
};
Shared* shared = nullptr;

void slab_released_elsewhere(benchmark::State& state) {
    constexpr std::uint64_t ahead = buffer::SlabPool::free_max / 2;
    const bool owner = state.thread_index() == 0;
    if (owner) {
        shared = new Shared;
    }
    std::uint64_t n = 0;
    for (auto _ : state) {
        if (owner) {
            spin_until([&] { return n - shared->taken.load(std::memory_order_acquire) < ahead; });
            shared->queue.push(shared->pool.acquire());
            ++n;
        } else {
            spin_until([&] { return shared->queue.front() != nullptr; });
            shared->queue.drop_front();
            shared->taken.store(++n, std::memory_order_release);
        }
    }
    if (owner) {
        delete std::exchange(shared, nullptr);
    } else {
        state.SetItemsProcessed(state.iterations());
    }
}
BENCHMARK(slab_released_elsewhere)->Threads(2)->UseRealTime();

}  // namespace
