// Helpers for tests that run a worker.
#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <type_traits>

#include "runtime/worker.hpp"

namespace ferrotunnel::runtime::test {

inline constexpr auto patience = std::chrono::seconds(60);

/// Runs `function` on the worker and waits for what it returns.
template <typename Function>
auto on(Worker& worker, Function function) {
    using Value = std::invoke_result_t<Function>;
    auto promise = std::make_shared<std::promise<Value>>();
    auto future = promise->get_future();
    bool taken = worker.post([promise, &function] {
        if constexpr (std::is_void_v<Value>) {
            function();
            promise->set_value();
        } else {
            promise->set_value(function());
        }
    });
    if (!taken || future.wait_for(patience) != std::future_status::ready) {
        throw std::runtime_error("the worker did not answer");
    }
    return future.get();
}

/// Something that another thread reports once or more often.
class Signal {
public:
    void tell() {
        std::lock_guard lock(mutex_);
        ++count_;
        changed_.notify_all();
    }
    /// True when it has been told `count` times in all.
    bool wait(int count = 1) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return count_ >= count; });
    }
    int count() {
        std::lock_guard lock(mutex_);
        return count_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int count_ = 0;
};

}  // namespace ferrotunnel::runtime::test
