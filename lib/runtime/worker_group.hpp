// Several workers with their threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/name_cache.hpp"
#include "runtime/worker.hpp"

namespace ferrotunnel::runtime {

class WorkerGroup {
public:
    /// Zero means one worker per core. For `busy_poll` see Worker.
    explicit WorkerGroup(std::size_t count, Duration busy_poll = Duration::zero());
    /// Creates one worker inside the application's io_context.
    explicit WorkerGroup(asio::io_context& application);
    /// Stops and joins.
    ~WorkerGroup();

    /// Calls Worker::on_exception on each. Before `start`.
    void on_exception(const std::function<void(std::exception_ptr)>& handler);
    void start();
    void stop() noexcept;
    void join();

    std::size_t size() const noexcept { return workers_.size(); }
    Worker& at(std::size_t index) noexcept { return *workers_[index]; }
    /// The next worker, round robin. Thread-safe.
    Worker& next() noexcept;
    /// True on a thread that one of the workers needs; see Worker::runs_here.
    bool on_a_worker() const noexcept;

private:
    const std::shared_ptr<NameCache> names_ = std::make_shared<NameCache>();
    std::vector<std::unique_ptr<Worker>> workers_;
    std::atomic<std::size_t> turn_{0};
};

}  // namespace ferrotunnel::runtime
