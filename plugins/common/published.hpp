// A value that many threads look at while one replaces it. Looking takes no lock and allocates nothing; whoever
// replaces the value waits until nobody looks at the old one any more.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace ferrotunnel::plugins {

template <typename Value>
class Published {
public:
    explicit Published(std::unique_ptr<const Value> first) noexcept : current_(first.release()) {}
    ~Published() { delete current_.load(); }
    Published(const Published&) = delete;
    Published& operator=(const Published&) = delete;

    /// Calls `look(const Value&)`, and returns what that returns. Any thread. It must not publish.
    template <typename Look>
    auto read(Look look) const {
        std::atomic<unsigned>& readers = shards_[shard_of_this_thread()].readers;
        readers.fetch_add(1);
        const struct Leave {
            std::atomic<unsigned>& readers;
            ~Leave() { readers.fetch_sub(1); }
        } leave{readers};
        return look(*current_.load());
    }

    /// Puts another value in its place, and destroys the old one. Any thread that may wait.
    void publish(std::unique_ptr<const Value> next) {
        const std::lock_guard lock(publishing_);
        const std::unique_ptr<const Value> old(current_.exchange(next.release()));
        // A reader who has seen the old value was counted before that. Once a count has been 0, all whom it counts from
        // then on see the new one. All operations here are sequentially consistent.
        for (const Shard& shard : shards_) {
            while (shard.readers.load() != 0) {
                std::this_thread::yield();
            }
        }
    }

private:
    static constexpr std::size_t shards = 16;  // workers count themselves apart from each other, up to so many
    struct alignas(64) Shard {
        mutable std::atomic<unsigned> readers{0};
    };

    static std::size_t shard_of_this_thread() noexcept {
        static std::atomic<std::size_t> threads{0};
        thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed) % shards;
        return mine;
    }

    std::atomic<const Value*> current_;
    std::array<Shard, shards> shards_;
    std::mutex publishing_;  // guards the change of the value
};

}  // namespace ferrotunnel::plugins
