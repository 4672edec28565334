// Delivery of events to the application's handler.
#pragma once

#include <cstdint>

#include "admin/event_ring.hpp"
#include "api/delivery_queue.hpp"
#include "base/log.hpp"
#include "ferrotunnel/event.hpp"

namespace ferrotunnel::detail {

/// Calls the application's handler with one event at a time and in order, without a lock. The source of an event never
/// waits for the handler, unless it is to call the handler itself. Up to limits::events_waiting_max events may wait for
/// a slow handler; later ones are dropped, and the next delivered event has their number. Thread-safe.
class EventDelivery {
public:
    /// `handler` may be empty. Its exceptions are logged and dropped. `log` and `ring` outlive this. Every event is
    /// kept in `ring` too, whether or not there is a handler.
    EventDelivery(CalledBy who, EventHandler handler, Logger& log, admin::EventRing& ring);
    EventDelivery(const EventDelivery&) = delete;
    EventDelivery& operator=(const EventDelivery&) = delete;

    /// `stopped` is dropped only if memory runs out.
    void deliver(Event event) noexcept;
    /// Waits until all earlier events were delivered, unless the handler itself calls this.
    void wait_until_delivered() noexcept { events_.wait_until_delivered(); }
    /// Whether the caller is within the handler.
    bool here() const noexcept { return events_.here(); }

private:
    void call(Event& event) noexcept;
    void report_dropped(std::uint64_t events) noexcept;

    const EventHandler handler_;
    Logger& log_;
    admin::EventRing& ring_;
    std::uint64_t dropped_ = 0;  // for the delivering thread: reported with the next event
    DeliveryQueue<Event> events_;
};

}  // namespace ferrotunnel::detail
