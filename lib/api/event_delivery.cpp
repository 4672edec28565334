#include "api/event_delivery.hpp"

#include <exception>
#include <utility>

#include "api/sink_logger.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::detail {

EventDelivery::EventDelivery(CalledBy who, EventHandler handler, Logger& log, admin::EventRing& ring)
    : handler_(std::move(handler)),
      log_(log),
      ring_(ring),
      events_(who, limits::events_waiting_max,
              {[this](Event& event) { call(event); }, [this](std::uint64_t events) { report_dropped(events); }}) {}

void EventDelivery::deliver(Event event) noexcept {
    ring_.put(event);
    if (handler_) {
        const bool is_last = event.kind == Event::Kind::stopped;
        events_.put(std::move(event), 1, is_last);
    }
}

void EventDelivery::call(Event& event) noexcept {
    event.dropped = std::exchange(dropped_, 0);
    try {
        handler_(event);
    } catch (...) {
        log_thrown(log_, "the event handler threw an exception", std::current_exception());
    }
}

void EventDelivery::report_dropped(std::uint64_t events) noexcept {
    dropped_ += events;
    try {
        log_.warn("events were dropped: the event handler is too slow", {{"events", events}});
    } catch (const std::exception&) {  // no memory for a log line
    }
}

}  // namespace ferrotunnel::detail
