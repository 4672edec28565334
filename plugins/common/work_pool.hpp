// A few threads for work that takes too long for a worker: hashing passwords, checking signatures.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

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

    /// False: too much waits already, and `work` is not kept. What `work` throws is dropped with it.
    bool submit(std::function<void()> work);
    std::size_t threads_max() const noexcept { return threads_max_; }

private:
    void run();

    const std::size_t threads_max_;
    const std::size_t queue_max_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> queue_;
    std::vector<std::thread> threads_;
    std::size_t idle_ = 0;
    bool ends_ = false;
};

}  // namespace ferrotunnel::plugins
