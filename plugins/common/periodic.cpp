#include "common/periodic.hpp"

#include <exception>
#include <utility>

namespace ferrotunnel::plugins {

Periodic::Periodic(std::chrono::milliseconds period, std::function<void()> work)
    : period_(period), work_(std::move(work)), thread_([this] { run(); }) {}

Periodic::~Periodic() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    ended_.notify_all();
    thread_.join();
}

void Periodic::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        try {
            work_();
        } catch (const std::exception&) {  // no memory: the next call may have some
        }
        lock.lock();
        ended_.wait_for(lock, period_, [this] { return stopping_; });
    }
}

}  // namespace ferrotunnel::plugins
