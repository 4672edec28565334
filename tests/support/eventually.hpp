// Waiting for what other threads do, where no event reports that it has happened.
#pragma once

#include <chrono>
#include <thread>

namespace ferrotunnel::test {

/// Whether the condition comes true. Generous: only what never happens takes this long.
template <typename Condition>
bool eventually(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

}  // namespace ferrotunnel::test
