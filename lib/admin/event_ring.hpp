// The latest events of a Server or Client, for callers of the control API. Each has a number; a follower only remembers
// the number of the last event it received. A slow follower therefore blocks nothing: it finds that the events it has
// missed are gone.
//
// A repeated refusal is one event with a count: it moves to the end with a new number, and names the number that it
// replaces, so that a client which retries each minute does not displace everything else.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "admin/answer.hpp"
#include "admin/limits.hpp"
#include "base/mutex.hpp"
#include "base/permits.hpp"
#include "ferrotunnel/event.hpp"

namespace ferrotunnel::admin {

/// Thread-safe.
class EventRing {
public:
    using Moment = std::chrono::system_clock::time_point;
    struct StoredEvent {
        std::uint64_t number;  // from 1, unique
        Moment at;
        Event event;
        std::uint64_t count = 1;     // how often it has occurred
        Moment first_at{};           // the first time, if it has occurred more than once
        std::uint64_t replaces = 0;  // the event's previous number; 0: none
    };
    struct Batch {
        std::uint64_t missed = 0;  // events after `after` that are gone
        std::vector<StoredEvent> events;
        std::uint64_t last = 0;  // the number to continue from
    };
    /// A place among the listeners, limited to limits::admin_listeners_max.
    using Place = PermitPtr;

    /// `began`: part of each event's id, so that ids of an earlier run of the program are recognised.
    explicit EventRing(Moment began = std::chrono::system_clock::now());
    EventRing(const EventRing&) = delete;
    EventRing& operator=(const EventRing&) = delete;

    /// Adds an event, replacing the oldest if the ring is full.
    void put(const Event& event, Moment now = std::chrono::system_clock::now()) noexcept;
    /// The events after number `after`, the oldest first, at most `most`.
    Batch after(std::uint64_t after, std::size_t most = limits::admin_events_kept) const;
    /// Null if the limit of listeners is reached.
    Place listen() const { return places_.acquire(); }

    /// "1764086400-17": the start time of the program, and the number.
    std::string id_of(std::uint64_t number) const;
    /// 0, before the first event, if `id` is not from this run.
    std::uint64_t number_of(std::string_view id) const noexcept;

private:
    std::deque<StoredEvent>::iterator same_refusal(const Event& event) REQUIRES(mutex_);
    void drop_first() REQUIRES(mutex_);
    std::uint64_t dropped_after(std::uint64_t number) const noexcept REQUIRES(mutex_);

    const std::string prefix_;
    mutable Mutex mutex_;
    std::deque<StoredEvent> kept_ GUARDED_BY(mutex_);
    std::uint64_t last_ GUARDED_BY(mutex_) = 0;
    std::deque<std::uint64_t> dropped_
        GUARDED_BY(mutex_);  // numbers of the latest events that were dropped, the oldest first
    std::uint64_t dropped_before_ GUARDED_BY(mutex_) = 0;  // how many were dropped before those
    const Permits places_{limits::admin_listeners_max};
};

/// {"events": [...], "missed": 0, "last": ID}: those after `id`, or all that are kept.
Json json_of_events(const EventRing& ring, std::string_view id);

/// The events after `id` as they occur, as server-sent events; for one listener.
class EventStream {
public:
    EventStream(const EventRing& ring, EventRing::Place place, std::string_view id);
    /// The next bytes to send; empty if there are none yet. After limits::admin_heartbeat without any, a comment.
    std::string next(std::chrono::steady_clock::time_point now);

private:
    const EventRing& ring_;
    EventRing::Place place_;
    std::uint64_t last_sent_;
    std::chrono::steady_clock::time_point last_write_at_{};  // last output; the first call always sends something
};

}  // namespace ferrotunnel::admin
