// Events on their way to the application's handler.
#pragma once

#include <cstdint>

#include "api/delivery_queue.hpp"
#include "base/log.hpp"
#include "ferrotunnel/event.hpp"

namespace ferrotunnel::detail {

/// Tells the application's handler one event at a time and in order; no lock is held meanwhile. Whoever brings one
/// never waits for the handler, unless it is to call that itself. limits::events_waiting_max may wait for a slow
/// handler; later ones are dropped, and the next that is told says how many. Any thread.
class EventDelivery {
public:
    /// `handler` may be empty. What it throws is logged and dropped. `log` outlives this.
    EventDelivery(CalledBy who, EventHandler handler, Logger& log);
    EventDelivery(const EventDelivery&) = delete;
    EventDelivery& operator=(const EventDelivery&) = delete;

    /// `stopped` is never dropped.
    void tell(Event event) noexcept;
    /// Waits until all that came before has been told, unless the handler itself asks.
    void wait_until_told() noexcept { events_.wait_until_taken(); }
    /// Within the handler.
    bool here() const noexcept { return events_.here(); }

private:
    void call(Event& event) noexcept;
    void tell_dropped(std::uint64_t events) noexcept;

    const EventHandler handler_;
    Logger& log_;
    std::uint64_t dropped_ = 0;  // the thread's: to be told with the next event
    DeliveryQueue<Event> events_;
};

}  // namespace ferrotunnel::detail
