// Ids of streams: the server opens odd ones, the client even ones, each side in rising order and each id once.
#pragma once

#include "base/check.hpp"
#include "mux/settings.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// Lives on the session's worker.
class StreamIds {
public:
    explicit StreamIds(const Settings& settings)
        : is_server_(settings.role == Role::server),
          last_own_(settings.last_id),
          rotate_at_(settings.rotate_at),
          next_(settings.first_id != 0 ? settings.first_id
                : is_server_           ? 1U
                                       : 2U) {
        check(is_own(next_), "the server opens odd ids, the client even ones");
    }

    bool is_own(wire::StreamId id) const noexcept { return (id % 2 == 1) == is_server_; }
    /// Whether a stream with this id was ever opened, by either side.
    bool is_known(wire::StreamId id) const noexcept { return is_own(id) ? id < next_ : id <= last_peer_; }

    /// All ids of this side are used.
    bool is_used_up() const noexcept { return next_ > last_own_; }
    /// The id of the next stream that this side opens; and the call after it was opened.
    wire::StreamId next() const noexcept { return next_; }
    void use_next() noexcept { next_ += 2; }
    /// True once, when this side has used so many that a fresh session should replace this one.
    [[nodiscard]] bool consume_rotation() noexcept {
        if (next_ <= rotate_at_ || rotation_consumed_) {
            return false;
        }
        rotation_consumed_ = true;
        return true;
    }

    /// Whether the peer may open this id: it is the peer's, and higher than its last one.
    bool may_accept(wire::StreamId id) const noexcept { return !is_own(id) && id > last_peer_; }
    /// The peer has opened this id.
    void accept(wire::StreamId id) noexcept { last_peer_ = id; }
    /// The last id that the peer opened; 0 if there is none.
    wire::StreamId last_peer() const noexcept { return last_peer_; }

private:
    const bool is_server_;
    const wire::StreamId last_own_;
    const wire::StreamId rotate_at_;
    wire::StreamId next_;
    wire::StreamId last_peer_ = 0;
    bool rotation_consumed_ = false;
};

}  // namespace ferrotunnel::mux
