// Bounded queue of items for a callback of the application. It may have a thread of its own, so that a slow callback
// blocks no other thread; see CalledBy.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace ferrotunnel::detail {

/// The thread that calls the application.
enum class CalledBy {
    own_thread,  ///< the queue's own, which starts with the first item
    whoever,     ///< the thread that adds an item, which then also delivers items added meanwhile
};

/// Delivers one item after the other, in order of arrival. An item that finds no room is dropped and counted; from then
/// on all are dropped until half of the room is free again, so that a few large gaps are reported, not one for each
/// item. Thread-safe.
template <typename Item>
class DeliveryQueue {
public:
    /// The callbacks, called one at a time, without a lock. Neither may throw.
    struct Consumer {
        std::function<void(Item&)> take;
        /// Reports how many items were dropped between the last delivered item and the next one.
        std::function<void(std::uint64_t)> report_dropped;
    };

    /// `room` is in the unit of put()'s weights.
    DeliveryQueue(CalledBy who, std::size_t room, Consumer consumer)
        : who_(who), room_(room), consumer_(std::move(consumer)) {}
    DeliveryQueue(const DeliveryQueue&) = delete;
    DeliveryQueue& operator=(const DeliveryQueue&) = delete;
    /// Drops undelivered items, and waits for the present call. Not allowed within that call.
    ~DeliveryQueue();

    /// Adds an item; never waits for another thread. `always`: even without room; it is dropped only if memory runs
    /// out.
    void put(Item item, std::size_t weight, bool always = false) noexcept;
    /// Adds an item to be delivered at a certain time, or when a thread waits for everything; only with a thread of its
    /// own. The caller bounds their number.
    void put_later(Item item, TimePoint when);
    /// Waits until everything that was added before is delivered; returns whether it was, within `at_most`. Within the
    /// callback, which cannot wait for itself, it returns at once.
    bool wait_until_delivered(std::optional<Duration> at_most = std::nullopt) noexcept;
    /// Whether the caller is within the callback.
    bool here() const noexcept;
    /// Stop is requested when only the destructor still waits for the callback.
    std::stop_token ending() const noexcept { return ending_.get_token(); }

private:
    using Lock = ReleasableLock;

    struct Entry {
        Item item;
        std::size_t weight;
        std::uint64_t dropped_before;
    };
    struct Later {
        TimePoint when;
        Item item;
    };

    void add(Item&& item, std::size_t weight) noexcept REQUIRES(mutex_);
    void ensure_thread() REQUIRES(mutex_);
    void run();
    bool wait_for_work(Lock& lock) REQUIRES(mutex_);
    bool queue_next_later(Lock& lock) REQUIRES(mutex_);
    void deliver_all(Lock& lock) REQUIRES(mutex_);
    void deliver_one(Lock& lock) NO_THREAD_SAFETY_ANALYSIS;  // unlocks the caller's lock, and locks it again
    bool is_idle() const REQUIRES(mutex_) {
        return entries_.empty() && later_.empty() && dropped_ == 0 && !delivering_thread_;
    }

    const CalledBy who_;
    const std::size_t room_;
    const Consumer consumer_;
    std::stop_source ending_;
    mutable Mutex mutex_;
    ConditionVariable work_;
    ConditionVariable idle_;
    std::deque<Entry> entries_ GUARDED_BY(mutex_);
    std::vector<Later> later_ GUARDED_BY(mutex_);
    std::size_t weight_ GUARDED_BY(mutex_) = 0;                            // total of all entries
    std::uint64_t dropped_ GUARDED_BY(mutex_) = 0;                         // dropped items after the last entry
    bool dropping_ GUARDED_BY(mutex_) = false;                             // until half of the room is free
    std::optional<std::thread::id> delivering_thread_ GUARDED_BY(mutex_);  // the thread that is within the callback
    std::size_t waiters_ GUARDED_BY(mutex_) = 0;                           // callers that wait for everything
    std::thread thread_;
};

template <typename Item>
DeliveryQueue<Item>::~DeliveryQueue() {
    {
        const MutexLock lock(mutex_);
        entries_.clear();
        later_.clear();
        dropped_ = 0;
    }
    ending_.request_stop();  // without the lock: the application's stop callbacks may call here()
    {
        const MutexLock lock(mutex_);
        work_.notify_one();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

template <typename Item>
void DeliveryQueue<Item>::put(Item item, std::size_t weight, bool always) noexcept {
    Lock lock(mutex_);
    dropping_ = dropping_ || weight_ + weight > room_;
    if (dropping_ && !always) {
        ++dropped_;
    } else {
        add(std::move(item), weight);
    }
    if (who_ == CalledBy::own_thread) {  // also for a gap without items
        ensure_thread();
        work_.notify_one();
    } else if (!delivering_thread_) {
        deliver_all(lock);
    }
}

template <typename Item>
void DeliveryQueue<Item>::add(Item&& item, std::size_t weight) noexcept {
    try {
        entries_.push_back({std::move(item), weight, dropped_});
        dropped_ = 0;
        weight_ += weight;
    } catch (...) {  // no memory
        ++dropped_;
    }
}

template <typename Item>
void DeliveryQueue<Item>::put_later(Item item, TimePoint when) {
    const MutexLock lock(mutex_);
    later_.push_back({when, std::move(item)});
    ensure_thread();
    work_.notify_one();
}

// Starts the thread if necessary. If that fails, waiting items are delivered when the next one arrives.
template <typename Item>
void DeliveryQueue<Item>::ensure_thread() {
    if (thread_.joinable()) {
        return;
    }
    try {
        // allowed: callbacks must not run on a worker's thread
        thread_ = std::thread([this] { run(); });
    } catch (const std::exception&) {  // no more threads, or no memory for one
    }
}

template <typename Item>
bool DeliveryQueue<Item>::wait_until_delivered(std::optional<Duration> at_most) noexcept {
    Lock lock(mutex_);
    if (delivering_thread_ == std::this_thread::get_id()) {
        return false;
    }
    if (who_ == CalledBy::own_thread && !thread_.joinable()) {
        return is_idle();  // no thread could be started
    }
    ++waiters_;
    work_.notify_one();
    auto taken = [this]() REQUIRES(mutex_) { return is_idle(); };
    bool in_time = true;
    if (at_most) {
        in_time = idle_.wait_for(lock, *at_most, taken);
    } else {
        idle_.wait(lock, taken);
    }
    --waiters_;
    return in_time;
}

template <typename Item>
bool DeliveryQueue<Item>::here() const noexcept {
    const MutexLock lock(mutex_);
    return delivering_thread_ == std::this_thread::get_id();
}

template <typename Item>
void DeliveryQueue<Item>::run() {
    Lock lock(mutex_);
    while (wait_for_work(lock)) {
        deliver_all(lock);
    }
}

// Waits for something to deliver. False at the end.
template <typename Item>
bool DeliveryQueue<Item>::wait_for_work(Lock& lock) {
    while (!ending_.stop_requested()) {
        if (!entries_.empty() || dropped_ > 0 || queue_next_later(lock)) {
            return true;
        }
    }
    return false;
}

// Moves due items to the end of the queue. At the end all are due: they follow everything else.
template <typename Item>
bool DeliveryQueue<Item>::queue_next_later(Lock& lock) {
    if (later_.empty()) {
        work_.wait(lock);
        return false;
    }
    const auto next =
        std::min_element(later_.begin(), later_.end(), [](const Later& a, const Later& b) { return a.when < b.when; });
    if (waiters_ == 0 && Clock::now() < next->when) {
        const TimePoint when = next->when;  // others may be added during the wait, and move the vector
        work_.wait_until(lock, when);
        return false;
    }
    add(std::move(next->item), 0);
    later_.erase(next);
    return true;
}

template <typename Item>
void DeliveryQueue<Item>::deliver_all(Lock& lock) {
    delivering_thread_ = std::this_thread::get_id();
    while (!entries_.empty() || dropped_ > 0) {
        deliver_one(lock);
    }
    delivering_thread_.reset();
    if (is_idle()) {
        idle_.notify_all();
    }
}

template <typename Item>
void DeliveryQueue<Item>::deliver_one(Lock& lock) {
    std::optional<Entry> entry;
    std::uint64_t gap = 0;
    if (entries_.empty()) {
        gap = std::exchange(dropped_, 0);
    } else {
        entry = std::move(entries_.front());
        entries_.pop_front();
        weight_ -= entry->weight;
        gap = entry->dropped_before;
    }
    dropping_ = dropping_ && weight_ > room_ / 2;
    lock.unlock();
    if (gap > 0) {
        consumer_.report_dropped(gap);
    }
    if (entry) {
        consumer_.take(entry->item);
        entry.reset();
    }
    lock.lock();
}

}  // namespace ferrotunnel::detail
