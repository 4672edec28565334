// A thread that calls a function periodically, such as a check of a file for changes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace ferrotunnel::plugins {

class Periodic {
public:
    /// Calls `work` at once, and again `period` after each return. Its exceptions are dropped.
    Periodic(std::chrono::milliseconds period, std::function<void()> work);
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;
    /// Waits for a running call.
    ~Periodic();

private:
    void run();

    const std::chrono::milliseconds period_;
    const std::function<void()> work_;
    std::mutex mutex_;  // guards stopping_
    std::condition_variable ended_;
    bool stopping_ = false;
    std::thread thread_;  // last: it uses the members above
};

}  // namespace ferrotunnel::plugins
