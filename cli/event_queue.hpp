// A queue of events from the library's threads to the main thread.
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

    /// Adds an event. Thread-safe; never waits. Beyond some thousands of events, the oldest are dropped.
    void push(const Event& event);
    /// Makes the descriptor readable without an event.
    void wake() noexcept;

    int descriptor() const noexcept { return descriptor_; }
    /// Returns all events. The descriptor is then quiet until the next event or wake().
    std::vector<Event> take();

private:
    int descriptor_;
    std::mutex mutex_;  // guards events_
    std::vector<Event> events_;
};

}  // namespace ferrotunnel::cli
