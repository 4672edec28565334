#include "trace/span_queue.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace ferrotunnel::trace {
namespace {

std::vector<Span> spans_of(std::size_t count) {
    return std::vector<Span>(count);
}

}  // namespace

TEST_CASE("spans of a request wait together, or are dropped together", "[span-queue]") {
    SpanQueue queue;
    queue.set_wake([] {});
    queue.put(spans_of(spans_waiting_max - 2));
    queue.put(spans_of(3));
    CHECK(queue.counts().dropped == 3);
    queue.put(spans_of(2));
    CHECK(queue.counts().dropped == 3);
    queue.put(spans_of(1));
    CHECK(queue.counts().dropped == 4);
    std::size_t taken = 0;
    for (std::vector<Span> some = queue.take(); !some.empty(); some = queue.take()) {
        CHECK(some.size() <= batch_spans_max);
        taken += some.size();
    }
    CHECK(taken == spans_waiting_max);
    CHECK(queue.is_empty());
    queue.put(spans_of(spans_waiting_max));
    CHECK(queue.counts().dropped == 4);
    CHECK(queue.take().size() == batch_spans_max);
}

TEST_CASE("the oldest spans leave first", "[span-queue]") {
    SpanQueue queue;
    queue.set_wake([] {});
    for (std::size_t i = 0; i < batch_spans_max + 1; ++i) {
        std::vector<Span> one = spans_of(1);
        one[0].begin = i;
        queue.put(std::move(one));
    }
    CHECK(queue.take().back().begin == batch_spans_max - 1);
    CHECK(queue.take().front().begin == batch_spans_max);
}

TEST_CASE("a whole batch wakes whoever sends it, once", "[span-queue]") {
    SpanQueue queue;
    int woken = 0;
    queue.set_wake([&woken] { ++woken; });
    queue.put(spans_of(batch_spans_max - 1));
    CHECK(woken == 0);
    CHECK_FALSE(queue.has_batch());
    queue.put(spans_of(1));
    CHECK(woken == 1);
    CHECK(queue.has_batch());
    queue.put(spans_of(5));
    CHECK(woken == 1);
}

TEST_CASE("where nobody sends spans they are dropped", "[span-queue]") {
    SpanQueue queue;
    queue.put(spans_of(2));
    CHECK(queue.counts().dropped == 2);
    queue.set_wake([] {});
    queue.put(spans_of(3));
    CHECK(queue.counts().dropped == 2);
    queue.set_wake({});
    CHECK(queue.counts().dropped == 5);
    CHECK(queue.is_empty());
    queue.drop(1);
    queue.count_sent(7);
    queue.count_failed(9);
    CHECK(queue.counts().dropped == 6);
    CHECK(queue.counts().sent == 7);
    CHECK(queue.counts().failed == 9);
}

TEST_CASE("spans of several threads are taken or dropped, each once", "[span-queue]") {
    constexpr int threads = 3;
    constexpr std::uint64_t requests = 4'000;
    SpanQueue queue;
    queue.set_wake([] {});
    std::atomic<int> running{threads};
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&] {
            for (std::uint64_t n = 0; n < requests; ++n) {
                queue.put(spans_of(3));
            }
            --running;
        });
    }
    std::uint64_t taken = 0;
    while (running > 0 || !queue.is_empty()) {
        taken += queue.take().size();
    }
    CHECK(taken + queue.counts().dropped == threads * requests * 3);
}

}  // namespace ferrotunnel::trace
