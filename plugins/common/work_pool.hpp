// A few threads for work that takes too long for a worker, such as hashing passwords and checking signatures. Places
// and turns of waiting work are shared (FairQueue).
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/fair_queue.hpp"
#include "common/share_keys.hpp"

namespace ferrotunnel::plugins {

/// Threads start with the first work that needs them. All functions are thread-safe.
class WorkPool {
public:
    static constexpr std::size_t shared_queue_max = 256;
    static constexpr std::size_t shared_threads_max = 4;

    /// `queue_max`: the limit of waiting work, besides the running work.
    WorkPool(std::size_t threads_max, std::size_t queue_max);
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;
    /// Drops waiting work, and waits for running work. Never on a thread of the pool: work must not own it.
    ~WorkPool();

    /// The pool of all instances in this library: half as many threads as processors, 1 to 4. It lives as long as it is
    /// used.
    static std::shared_ptr<WorkPool> shared();
    /// Another pool, for instances that clients have requested: their visitors do not delay anything else.
    static std::shared_ptr<WorkPool> shared_by_clients();

    struct Work {
        std::function<void()> run;        // exceptions of `run` are dropped
        std::function<void()> displaced;  // called instead of `run`
    };

    /// The result of a submission. If it got the place of other work, the caller must call that work's `displaced`,
    /// without a lock that it may need; otherwise `displaced` is empty.
    struct Outcome {
        bool is_taken = false;  // false if no place is left for its share, or no memory; it is not kept
        std::function<void()> displaced{};
    };
    Outcome submit(Share share, Work work);
    /// Submits work that is not told when other work displaces it. All such work shares one part of the queue.
    bool submit(std::function<void()> work);
    std::size_t threads_max() const noexcept { return threads_max_; }
    /// The shares of its work, the same for all instances that use the pool.
    const ShareKeys& shares() const noexcept { return shares_; }

private:
    void run();

    const std::size_t threads_max_;
    const std::size_t queue_max_;
    const ShareKeys shares_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable changed_;
    FairQueue<Work> queue_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
};

}  // namespace ferrotunnel::plugins
