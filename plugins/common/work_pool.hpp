// A few threads for work that takes too long for a worker: hashing passwords, checking signatures. Places and turns of
// what waits are shared (FairQueue).
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

/// Threads begin with the first work that needs them. All functions may be called on any thread.
class WorkPool {
public:
    static constexpr std::size_t shared_queue_max = 256;
    static constexpr std::size_t shared_threads_max = 4;

    /// `queue_max`: pieces of work that may wait, beside those that run.
    WorkPool(std::size_t threads_max, std::size_t queue_max);
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;
    /// Drops what waits, and waits for what runs. Never on a thread of the pool: work must not own it.
    ~WorkPool();

    /// The pool of all instances in this library: half as many threads as there are processors, 1 to 4. It lives while
    /// somebody has it.
    static std::shared_ptr<WorkPool> shared();
    /// Another one, for instances that clients have asked for: what their visitors send holds nobody else up.
    static std::shared_ptr<WorkPool> shared_by_clients();

    struct Work {
        std::function<void()> run;        // what it throws is dropped with it
        std::function<void()> displaced;  // in place of `run`
    };

    /// What becomes of submitted work. Where it was given the place of other work, the `displaced` of that is for the
    /// caller to call, with no lock that it may want; else empty.
    struct Outcome {
        bool is_taken = false;  // false: no place is left for its share, or no memory, and it is not kept
        std::function<void()> displaced{};
    };
    Outcome submit(Share share, Work work);
    /// Submits work that needs no word when it is displaced. All such work is one share.
    bool submit(std::function<void()> work);
    std::size_t threads_max() const noexcept { return threads_max_; }
    /// The shares of its work, the same for all instances that use it.
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
    bool ends_ = false;
};

}  // namespace ferrotunnel::plugins
