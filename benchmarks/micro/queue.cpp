// Hand-over between the two halves of a stream and between threads: on one thread, as visitors of a trunk's own worker
// do it, and from one thread to another, as applications do it.
//
// With two threads the producer stays at most `items_ahead` items before the consumer, as credit ensures in the
// program. Items are counted once, by the consumer.
#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "buffer/mailbox.hpp"
#include "buffer/ready_list.hpp"
#include "buffer/spsc_queue.hpp"
#include "mux/stream.hpp"
#include "spin.hpp"

namespace {

using namespace ferrotunnel;

constexpr std::size_t items_ahead = 64;

// --- SpscQueue ---

mux::StreamItem some_item(const buffer::SlabPtr& slab) {
    mux::StreamItem item;
    item.slice = buffer::Slice(slab, 0, 64);
    return item;
}

// `burst` pushes, then as many pops, then the consumer rests and the queue gives its memory back.
void queue_one_thread(benchmark::State& state) {
    buffer::SlabPtr slab = buffer::make_slab(64);
    buffer::SpscQueue<mux::StreamItem, buffer::Spares::per_thread> queue;
    const std::int64_t burst = state.range(0);
    for (auto _ : state) {
        for (std::int64_t i = 0; i < burst; ++i) {
            queue.push(some_item(slab));
        }
        benchmark::DoNotOptimize(queue.unpark());
        while (mux::StreamItem* item = queue.front()) {
            benchmark::DoNotOptimize(item->slice.data());
            queue.drop_front();
        }
        benchmark::DoNotOptimize(queue.try_park());
    }
    state.SetItemsProcessed(state.iterations() * burst);
}
BENCHMARK(queue_one_thread)->Arg(1)->Arg(8)->Arg(64)->ArgName("burst");

struct SharedQueue {
    buffer::SpscQueue<std::uint64_t> queue;
    std::atomic<std::uint64_t> taken{0};
};
SharedQueue* shared_queue = nullptr;

void queue_two_threads(benchmark::State& state) {
    if (state.thread_index() == 0) {
        shared_queue = new SharedQueue;
    }
    std::uint64_t n = 0;
    for (auto _ : state) {  // the loop begins on both threads when both are here
        if (state.thread_index() == 0) {
            spin_until([&] { return n - shared_queue->taken.load(std::memory_order_acquire) < items_ahead; });
            shared_queue->queue.push(n++);
            benchmark::DoNotOptimize(shared_queue->queue.unpark());
        } else {
            std::uint64_t* item = nullptr;
            spin_until([&] { return (item = shared_queue->queue.front()) != nullptr; });
            benchmark::DoNotOptimize(*item);
            shared_queue->queue.drop_front();
            shared_queue->taken.store(++n, std::memory_order_release);
        }
    }
    if (state.thread_index() == 0) {  // and it ends when both have ended it
        delete std::exchange(shared_queue, nullptr);
    } else {
        state.SetItemsProcessed(state.iterations());
    }
}
BENCHMARK(queue_two_threads)->Threads(2)->UseRealTime();

// --- ReadyList ---

struct Node final : buffer::ReadyNode {
    std::atomic<bool> waits{false};
};

void ready_list_one_thread(benchmark::State& state) {
    buffer::ReadyList<Node> list;
    std::array<IntrusivePtr<Node>, items_ahead> nodes;
    for (auto& node : nodes) {
        node = make_intrusive<Node>();
    }
    for (auto _ : state) {
        for (auto& node : nodes) {
            benchmark::DoNotOptimize(list.put(*node));
        }
        list.take_all([](IntrusivePtr<Node> node) { benchmark::DoNotOptimize(node.get()); });
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(items_ahead));
}
BENCHMARK(ready_list_one_thread);

struct SharedList {
    SharedList() {
        for (auto& node : nodes) {
            node = make_intrusive<Node>();
        }
    }
    buffer::ReadyList<Node> list;
    std::array<IntrusivePtr<Node>, items_ahead> nodes;
};
SharedList* shared_list = nullptr;

void ready_list_two_threads(benchmark::State& state) {
    if (state.thread_index() == 0) {
        shared_list = new SharedList;
    }
    std::size_t next = 0;
    std::uint64_t have = 0;
    for (auto _ : state) {
        if (state.thread_index() == 0) {
            Node& node = *shared_list->nodes[next++ % items_ahead];
            spin_until([&] { return !node.waits.load(std::memory_order_acquire); });
            node.waits.store(true, std::memory_order_relaxed);
            benchmark::DoNotOptimize(shared_list->list.put(node));
        } else {
            spin_until([&] {
                if (have == 0) {
                    shared_list->list.take_all([&](IntrusivePtr<Node> node) {
                        node->waits.store(false, std::memory_order_release);
                        ++have;
                    });
                }
                return have > 0;
            });
            --have;
        }
    }
    if (state.thread_index() == 0) {
        delete std::exchange(shared_list, nullptr);
    } else {
        state.SetItemsProcessed(state.iterations());
    }
}
BENCHMARK(ready_list_two_threads)->Threads(2)->UseRealTime();

// --- Mailbox ---

class SilentBell final : public buffer::Doorbell {
public:
    void ring() noexcept override { rings.fetch_add(1, std::memory_order_relaxed); }
    std::atomic<std::uint64_t> rings{0};
};

class Letter final : public buffer::Mail {
public:
    void deliver() noexcept override {
        ++*delivered;
        waits.store(false, std::memory_order_release);
    }
    std::uint64_t* delivered = nullptr;
    std::atomic<bool> waits{false};
};

struct SharedMailbox {
    SharedMailbox() {
        for (auto& letter : letters) {
            letter = make_intrusive<Letter>();
            letter->delivered = &delivered;
        }
    }
    buffer::Mailbox mailbox{std::make_unique<SilentBell>()};
    std::array<IntrusivePtr<Letter>, items_ahead> letters;
    std::uint64_t delivered = 0;  // used by the owner's thread alone
};
SharedMailbox* shared_mailbox = nullptr;

void mailbox_one_thread(benchmark::State& state) {
    SharedMailbox shared;
    for (auto _ : state) {
        for (auto& letter : shared.letters) {
            benchmark::DoNotOptimize(shared.mailbox.post(letter));
        }
        benchmark::DoNotOptimize(shared.mailbox.deliver_all());
        benchmark::DoNotOptimize(shared.mailbox.try_park());
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(shared.delivered));
}
BENCHMARK(mailbox_one_thread);

void mailbox_two_threads(benchmark::State& state) {
    if (state.thread_index() == 0) {
        shared_mailbox = new SharedMailbox;
    }
    std::size_t next = 0;
    std::uint64_t have = 0;
    for (auto _ : state) {
        if (state.thread_index() == 0) {
            IntrusivePtr<Letter>& letter = shared_mailbox->letters[next++ % items_ahead];
            spin_until([&] { return !letter->waits.load(std::memory_order_acquire); });
            letter->waits.store(true, std::memory_order_relaxed);
            benchmark::DoNotOptimize(shared_mailbox->mailbox.post(letter));
        } else {
            spin_until([&] {
                return have < shared_mailbox->delivered ||
                       (shared_mailbox->mailbox.deliver_all() && have < shared_mailbox->delivered);
            });
            ++have;
        }
    }
    if (state.thread_index() == 0) {
        delete std::exchange(shared_mailbox, nullptr);
    } else {
        state.SetItemsProcessed(state.iterations());
    }
}
BENCHMARK(mailbox_two_threads)->Threads(2)->UseRealTime();

}  // namespace
