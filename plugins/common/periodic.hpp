// A thread that does something again and again, such as looking whether a file has changed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace ferrotunnel::plugins {

class Periodic {
public:
    /// Calls `work` at once, and again `period` after each return. What it throws is passed over.
    Periodic(std::chrono::milliseconds period, std::function<void()> work);
    Periodic(const Periodic&) = delete;
    Periodic& operator=(const Periodic&) = delete;
    /// Waits for a call that runs.
    ~Periodic();

private:
    void run();

    const std::chrono::milliseconds period_;
    const std::function<void()> work_;
    std::mutex mutex_;  // guards ends_
    std::condition_variable ended_;
    bool ends_ = false;
    std::thread thread_;  // last: it uses what is above
};

}  // namespace ferrotunnel::plugins
