#include "common/work_pool.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace ferrotunnel::plugins {

WorkPool::WorkPool(std::size_t threads_max, std::size_t queue_max) : threads_max_(threads_max), queue_max_(queue_max) {}

WorkPool::~WorkPool() {
    FairQueue<Work> dropped;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        std::swap(dropped, queue_);
    }
    changed_.notify_all();
    dropped = {};
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

namespace {

struct Shared {
    std::mutex mutex;  // guards known
    std::weak_ptr<WorkPool> known;
};

std::shared_ptr<WorkPool> pool_of(Shared& shared) {
    constexpr std::size_t shared_threads_max = WorkPool::shared_threads_max;
    constexpr std::size_t shared_queue_max = WorkPool::shared_queue_max;
    const std::lock_guard lock(shared.mutex);
    std::shared_ptr<WorkPool> pool = shared.known.lock();
    if (pool == nullptr) {
        const std::size_t processors = std::thread::hardware_concurrency();
        pool = std::make_shared<WorkPool>(std::clamp<std::size_t>(processors / 2, 1, shared_threads_max),
                                          shared_queue_max);
        shared.known = pool;
    }
    return pool;
}

}  // namespace

std::shared_ptr<WorkPool> WorkPool::shared() {
    static Shared pool;
    return pool_of(pool);
}

std::shared_ptr<WorkPool> WorkPool::shared_by_clients() {
    static Shared pool;
    return pool_of(pool);
}

WorkPool::Outcome WorkPool::submit(Share share, Work work) {
    Outcome outcome;
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) {
            return outcome;
        }
        if (queue_.size() >= idle_ && threads_.size() < threads_max_) {
            threads_.emplace_back([this] { run(); });
        }
        if (queue_.size() >= queue_max_) {
            std::optional<Work> displaced = queue_.make_room(share);
            if (!displaced) {
                return outcome;
            }
            outcome.displaced = std::move(displaced->displaced);
        }
        try {
            queue_.push(share, std::move(work));
        } catch (const std::exception&) {  // no memory; the displaced work stays displaced
            return outcome;
        }
        outcome.is_taken = true;
    }
    changed_.notify_one();
    return outcome;
}

bool WorkPool::submit(std::function<void()> work) {
    const Outcome outcome = submit({}, {std::move(work), {}});
    if (outcome.displaced) {
        outcome.displaced();
    }
    return outcome.is_taken;
}

void WorkPool::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        ++idle_;
        changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        --idle_;
        if (stopping_) {
            return;
        }
        Work work = queue_.pop();
        lock.unlock();
        try {
            work.run();
        } catch (const std::exception&) {  // no memory: the destruction of `work` ends the wait
        }
        work = {};
        lock.lock();
    }
}

}  // namespace ferrotunnel::plugins
