// Events on their way from the library's workers to the main thread, which may take its time.
#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <system_error>
#include <vector>

#include "ferrotunnel/event.hpp"

namespace ferrotunnel::cli {

class EventQueue {
public:
    EventQueue();
    ~EventQueue();
    EventQueue(const EventQueue&) = delete;
    EventQueue& operator=(const EventQueue&) = delete;

    /// From any thread; never waits. Beyond some thousands the oldest are dropped.
    void push(const Event& event);
    /// Makes the descriptor readable without an event.
    void wake() noexcept;

    int descriptor() const noexcept { return descriptor_; }
    /// Takes all of them and makes the descriptor quiet.
    std::vector<Event> take();

private:
    int descriptor_;
    std::mutex mutex_;
    std::vector<Event> events_;
};

}  // namespace ferrotunnel::cli
