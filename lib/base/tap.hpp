// An observer of the bytes between a stream and its backend, which changes nothing.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace ferrotunnel {

/// All members are called on the worker of the connection. They must neither block nor throw: a tap drops data that it
/// cannot parse or has no memory for.
class Tap {
public:
    virtual ~Tap() = default;

    /// Bytes accepted by the backend, and bytes received from it. The views are valid during the call.
    virtual void to_backend(Bytes bytes, TimePoint now) noexcept = 0;
    virtual void from_backend(Bytes bytes, TimePoint now) noexcept = 0;
    /// The backend's direction has ended: in order, or because it was reset or has failed.
    virtual void backend_ended(bool in_order, TimePoint now) noexcept = 0;
    /// The backend cannot be reached, or refused its input before it has answered, for this reason; `waiting` are the
    /// bytes of the stream that it has not accepted, as far as they have arrived. Only over() follows.
    virtual void not_reached(std::string_view why, std::span<const Bytes> waiting, TimePoint now) noexcept {
        (void)why, (void)waiting, (void)now;
    }
    /// Whether the tap needs no more calls, not even over(): its owner may drop it.
    virtual bool is_done() const noexcept { return false; }
    /// The connection is over. Called once, and nothing follows.
    virtual void over(TimePoint now) noexcept = 0;
};

}  // namespace ferrotunnel
