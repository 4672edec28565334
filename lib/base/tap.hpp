// Somebody who sees what passes between a stream and its backend, and changes nothing of it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace ferrotunnel {

/// All members are called on the worker of the connection. They must neither wait nor throw: what a tap cannot
/// understand, or has no memory for, it forgets.
class Tap {
public:
    virtual ~Tap() = default;

    /// The backend has taken these bytes; it has given these. The views are valid during the call.
    virtual void to_backend(Bytes bytes, TimePoint now) noexcept = 0;
    virtual void from_backend(Bytes bytes, TimePoint now) noexcept = 0;
    /// The backend gives nothing more: in order, or because it was reset or has failed.
    virtual void backend_ended(bool in_order, TimePoint now) noexcept = 0;
    /// The backend cannot be reached, or refuses what it was sent before it has answered, for this reason; `waiting` is
    /// what it has not taken of the stream so far, as far as that has arrived. Only over() follows.
    virtual void not_reached(std::string_view why, std::span<const Bytes> waiting, TimePoint now) noexcept {
        (void)why, (void)waiting, (void)now;
    }
    /// It wants to see nothing more, over() included: who shows it what passes may drop it.
    virtual bool is_done() const noexcept { return false; }
    /// The connection is over. Called once, and nothing follows.
    virtual void over(TimePoint now) noexcept = 0;
};

}  // namespace ferrotunnel
