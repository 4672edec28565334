// Limiter of unanswered opens in both directions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "mux/settings.hpp"
#include "mux/stream_list.hpp"

namespace ferrotunnel::mux {

/// No service may use all the room. Visits have service id 0, which is not a service; they have a bound of their own
/// (session/private_visits.cpp). Lives on the session's worker.
class OpenLimiter {
public:
    /// `settings` must outlive it.
    explicit OpenLimiter(const Settings& settings) noexcept : settings_(settings) {}

    /// Sets the limits that the peer announced in its hello.
    void set_peer(const PeerLimits& peer) noexcept {
        peer_ = peer;
        peer_first_window_ = peer.first_window;
    }
    /// The first window of streams opened here from now on; never more than the peer announced first.
    void set_peer_first_window(std::uint32_t bytes) noexcept {
        peer_first_window_ = std::min(bytes, peer_.first_window);
    }
    std::uint32_t peer_first_window() const noexcept { return peer_first_window_; }

    /// Whether this side may open one more stream to `service` where `streams` exist.
    bool may_open(std::uint32_t service, std::size_t streams) const {
        return streams < std::min(settings_.streams_max, peer_.streams_max) && !is_full(service);
    }
    /// Whether the peer already has too many unanswered opens for another one.
    bool is_full(std::uint32_t service) const {
        return own_.size() >= std::min(settings_.opens_max, peer_.opens_max) ||
               (service != 0 && own_.of_service(service) >= settings_.opens_per_service_max);
    }
    /// Whether the peer may open another stream.
    bool may_accept(std::uint32_t service, std::size_t streams) const {
        return streams < settings_.streams_max && peer_opens_.size() < settings_.opens_max &&
               (service == 0 || peer_opens_.of_service(service) < settings_.opens_per_service_max);
    }

    /// The list is chosen by `StreamSide::opened_here`.
    void add(Stream& stream, TimePoint now) { list_of(stream).push(stream, now); }
    void remove(Stream& stream) { list_of(stream).remove(stream); }

    /// A caller waits until the peer has answered an open of this side.
    void want_room() noexcept { room_wanted_ = true; }
    /// The peer has answered an open, or this side has given one up.
    void note_room() noexcept { room_due_ = room_due_ || std::exchange(room_wanted_, false); }
    /// Whether room must be reported to a caller of want_room().
    bool is_room_due() const noexcept { return room_due_; }
    bool consume_room() noexcept { return std::exchange(room_due_, false); }

    /// The own open that has waited longest. Null if there is none.
    Stream* oldest() const noexcept { return own_.oldest(); }
    std::uint32_t own() const noexcept { return own_.size(); }
    std::uint32_t peer() const noexcept { return peer_opens_.size(); }

private:
    OpenList& list_of(const Stream& stream) noexcept { return stream.side_.opened_here ? own_ : peer_opens_; }

    const Settings& settings_;
    PeerLimits peer_;
    std::uint32_t peer_first_window_ = 0;
    bool room_wanted_ = false;
    bool room_due_ = false;
    OpenList own_;
    OpenList peer_opens_;
};

}  // namespace ferrotunnel::mux
