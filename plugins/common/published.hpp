// A value that many threads read while one replaces it. Reading takes no lock and does not allocate; replacing waits
// until nothing reads the old value any more.
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

    /// Calls `look(const Value&)`, and returns its result. Thread-safe. `look` must not publish.
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

    /// Replaces the value, and destroys the old one. Thread-safe; may block.
    void publish(std::unique_ptr<const Value> next) {
        const std::lock_guard lock(publishing_);
        const std::unique_ptr<const Value> old(current_.exchange(next.release()));
        // A reader that has seen the old value was counted before the exchange. Once a count has been 0, all later
        // readers in it see the new value. All operations here are sequentially consistent.
        for (const Shard& shard : shards_) {
            while (shard.readers.load() != 0) {
                std::this_thread::yield();
            }
        }
    }

private:
    static constexpr std::size_t shards = 16;  // up to so many workers count separately
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
