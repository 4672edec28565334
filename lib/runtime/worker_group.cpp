#include "runtime/worker_group.hpp"

#include <algorithm>
#include <thread>

#include "runtime/name_service.hpp"

namespace ferrotunnel::runtime {

WorkerGroup::WorkerGroup(std::size_t count, Duration busy_poll) {
    if (count == 0) {
        count = std::max<std::size_t>(1, std::thread::hardware_concurrency());
    }
    workers_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        workers_.push_back(std::make_unique<Worker>(busy_poll));
        workers_.back()->names().share(names_);
    }
}

WorkerGroup::WorkerGroup(asio::io_context& application) {
    workers_.push_back(std::make_unique<Worker>(application));
}

WorkerGroup::~WorkerGroup() {
    stop();
    join();
}

void WorkerGroup::on_exception(const std::function<void(std::exception_ptr)>& handler) {
    for (const auto& worker : workers_) {
        worker->on_exception(handler);
    }
}

void WorkerGroup::start() {
    for (auto& worker : workers_) {
        worker->start();
    }
}

void WorkerGroup::stop() noexcept {
    for (auto& worker : workers_) {
        worker->stop();
    }
}

void WorkerGroup::join() {
    for (auto& worker : workers_) {
        worker->join();
    }
}

Worker& WorkerGroup::next() noexcept {
    return *workers_[turn_.fetch_add(1, std::memory_order_relaxed) % workers_.size()];
}

bool WorkerGroup::on_a_worker() const noexcept {
    return std::any_of(workers_.begin(), workers_.end(), [](const auto& worker) { return worker->runs_here(); });
}

}  // namespace ferrotunnel::runtime
