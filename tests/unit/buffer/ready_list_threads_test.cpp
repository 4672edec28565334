// What the ready list promises between many threads and its taker.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <thread>
#include <vector>

#include "buffer/ready_list.hpp"
#include "support/bell.hpp"
#include "support/load.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::buffer {
namespace {

using test::Bell;
using test::load;
using test::SeededRandom;

constexpr std::size_t producers = 3;

// Each producer counts its work on the node up, the taker writes how far it has come. All of it is relaxed, and plain
// stores at that: that the taker sees all of it is the list's doing.
struct WorkNode final : ReadyNode {
    explicit WorkNode(std::atomic<std::uint64_t>* destroyed_in = nullptr) : destroyed(destroyed_in) {}
    ~WorkNode() override {
        if (destroyed != nullptr) {
            destroyed->fetch_add(1, std::memory_order_relaxed);
        }
    }

    void add_work(std::size_t producer) noexcept {
        auto count = work[producer].load(std::memory_order_relaxed);
        work[producer].store(count + 1, std::memory_order_relaxed);
    }
    bool has_work(std::size_t producer) const noexcept {
        return taken[producer].load(std::memory_order_relaxed) != work[producer].load(std::memory_order_relaxed);
    }
    // For the taker: how much work there was.
    std::uint64_t take_work() noexcept {
        std::uint64_t done = 0;
        for (std::size_t producer = 0; producer < producers; ++producer) {
            auto count = work[producer].load(std::memory_order_relaxed);
            done += count - taken[producer].load(std::memory_order_relaxed);
            taken[producer].store(count, std::memory_order_relaxed);
        }
        return done;
    }

    std::array<std::atomic<std::uint64_t>, producers> work{};
    std::array<std::atomic<std::uint64_t>, producers> taken{};
    std::atomic<std::uint64_t>* destroyed;
};

TEST_CASE("work of a node on a ready list is always seen", "[ready][threads]") {
    // A patient producer waits until its work was taken: else its next put would make up for one that was missed.
    const bool patient = GENERATE(false, true);
    const auto node_count = GENERATE(as<std::size_t>{}, 1, 8);
    const std::uint64_t per_producer = load(patient ? 100'000 : 1'000'000);
    std::atomic<bool> given_up{false};
    ReadyList<WorkNode> list;
    Bell bell;
    std::vector<IntrusivePtr<WorkNode>> nodes;
    for (std::size_t i = 0; i < node_count; ++i) {
        nodes.push_back(make_intrusive<WorkNode>());
    }
    std::vector<std::thread> threads;
    for (std::size_t producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&, producer] {
            SeededRandom random(producer);
            for (std::uint64_t i = 0; i < per_producer; ++i) {
                WorkNode& node = *nodes[random.below(nodes.size())];
                node.add_work(producer);
                if (list.put(node)) {
                    bell.ring();
                }
                for (int looks = 1; patient && node.has_work(producer); ++looks) {
                    if (given_up.load()) {
                        return;
                    }
                    if (looks % 256 == 0) {
                        std::this_thread::yield();
                    }
                }
            }
        });
    }
    std::uint64_t total = 0;
    bool lost_wake = false;
    while (total < producers * per_producer && !lost_wake) {
        list.take_all([&](IntrusivePtr<WorkNode> node) { total += node->take_work(); });
        if (total < producers * per_producer && list.empty()) {
            lost_wake = !bell.wait();
        }
    }
    given_up = true;
    for (auto& thread : threads) {
        thread.join();
    }
    REQUIRE_FALSE(lost_wake);
    REQUIRE(total == producers * per_producer);
    list.take_all([&](IntrusivePtr<WorkNode> node) { total += node->take_work(); });
    REQUIRE(total == producers * per_producer);
}

TEST_CASE("nodes that are put while the ready list closes are let go", "[ready][threads]") {
    const std::uint64_t rounds = load(5'000);
    std::atomic<std::uint64_t> destroyed{0};
    std::uint64_t made = 0;
    std::atomic<std::uint64_t> round_begun{0};
    std::array<std::atomic<std::uint64_t>, producers> round_done{};
    ReadyList<WorkNode>* list = nullptr;
    std::vector<IntrusivePtr<WorkNode>> nodes;
    std::vector<std::thread> threads;
    for (std::size_t producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&, producer] {
            for (std::uint64_t round = 1; round <= rounds; ++round) {
                while (round_begun.load(std::memory_order_acquire) < round) {
                    std::this_thread::yield();
                }
                for (std::size_t i = 0; i < nodes.size(); ++i) {
                    (void)list->put(*nodes[(i + producer) % nodes.size()]);
                }
                round_done[producer].store(round, std::memory_order_release);
            }
        });
    }
    for (std::uint64_t round = 1; round <= rounds; ++round) {
        ReadyList<WorkNode> here;
        list = &here;
        for (int i = 0; i < 4; ++i, ++made) {
            nodes.push_back(make_intrusive<WorkNode>(&destroyed));
        }
        round_begun.store(round, std::memory_order_release);
        for (std::uint64_t i = round % 4; i > 0; --i) {
            here.take_all([](IntrusivePtr<WorkNode>) {});
        }
        here.close();
        for (auto& done : round_done) {
            while (done.load(std::memory_order_acquire) < round) {
                std::this_thread::yield();
            }
        }
        nodes.clear();
    }
    for (auto& thread : threads) {
        thread.join();
    }
    REQUIRE(destroyed.load() == made);
}

TEST_CASE("a node's last owner may be the ready list", "[ready][threads]") {
    const std::uint64_t per_producer = load(200'000);
    std::atomic<std::uint64_t> destroyed{0};
    std::atomic<std::size_t> running{producers};
    ReadyList<WorkNode> list;
    std::vector<std::thread> threads;
    for (std::size_t producer = 0; producer < producers; ++producer) {
        threads.emplace_back([&, producer] {
            for (std::uint64_t i = 0; i < per_producer; ++i) {
                auto node = make_intrusive<WorkNode>(&destroyed);
                node->add_work(producer);
                (void)list.put(*node);
            }
            running.fetch_sub(1, std::memory_order_release);
        });
    }
    std::uint64_t total = 0;
    bool last_look = false;
    while (!last_look) {
        last_look = running.load(std::memory_order_acquire) == 0;
        list.take_all([&](IntrusivePtr<WorkNode> node) { total += node->take_work(); });
        std::this_thread::yield();
    }
    for (auto& thread : threads) {
        thread.join();
    }
    REQUIRE(total == producers * per_producer);
    REQUIRE(destroyed.load() == total);
}

}  // namespace
}  // namespace ferrotunnel::buffer
