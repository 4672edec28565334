// Events on their way to the application's handler.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/log.hpp"
#include "ferrotunnel/event.hpp"

namespace ferrotunnel::detail {

/// Tells the application's handler one event at a time and in order, and holds no lock while the handler runs. Whoever
/// brings an event tells it and all that come meanwhile; other threads leave theirs to that one and go on. Any thread.
class EventDelivery {
public:
    /// Events that wait for a slow handler. Beyond that, whoever brings one waits.
    static constexpr std::size_t waiting_max = 1'000;

    /// `handler` may be empty. What it throws is logged and dropped.
    EventDelivery(EventHandler handler, Logger& log) : handler_(std::move(handler)), log_(log) {}
    EventDelivery(const EventDelivery&) = delete;
    EventDelivery& operator=(const EventDelivery&) = delete;

    /// From within the handler: it is told when the handler has returned.
    void tell(Event event) noexcept;
    /// Waits until all that came before has been told, unless the handler itself asks.
    void wait_until_told() noexcept;

private:
    void deliver(std::unique_lock<std::mutex>& lock) noexcept;
    void call(const Event& event) noexcept;

    const EventHandler handler_;
    Logger& log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Event> waiting_;
    std::thread::id teller_{};  // who runs the handler, while somebody does
};

}  // namespace ferrotunnel::detail
