// A worker inside the test's own loop: everything on one thread.
#pragma once

#include <asio/io_context.hpp>
#include <chrono>
#include <functional>

#include "runtime/worker.hpp"

namespace ferrotunnel::runtime::test {

struct OwnLoop {
    bool run_until(const std::function<bool()>& condition) {
        const TimePoint deadline = Clock::now() + std::chrono::seconds(60);
        while (!condition() && Clock::now() < deadline) {
            io.run_one_for(std::chrono::milliseconds(10));
        }
        return condition();
    }

    asio::io_context io;
    Worker worker{io};
};

}  // namespace ferrotunnel::runtime::test
