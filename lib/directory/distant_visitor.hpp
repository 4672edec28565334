// A visitor without a socket that could be handed to a trunk.
#pragma once

#include <memory>

#include "base/intrusive_ptr.hpp"
#include "buffer/waker.hpp"
#include "mux/stream.hpp"
#include "shaping/shapes.hpp"

namespace ferrotunnel::trunk {
class TrafficCounter;
}

namespace ferrotunnel::directory {

/// One of a UDP port, which keeps the socket of all its visitors; or another client's or another server's, of which
/// only a stream is here (session/stream_relay.hpp). The endpoint half of its stream is on a worker of its own, and the
/// object is the stream's waker. Any thread may call the members.
class DistantVisitor : public buffer::Waker {
public:
    /// Gives the visitor its stream; `traffic` has counted the visitor, and `shape` has its rate limits (null if none
    /// apply).
    virtual void opened(IntrusivePtr<mux::Stream> stream, IntrusivePtr<trunk::TrafficCounter> traffic,
                        std::shared_ptr<shaping::ServiceShape> shape) noexcept = 0;
    /// No trunk accepts it.
    virtual void refused() noexcept = 0;
    /// The trunks of its service have no room for it, or a limit of visitors is reached.
    virtual void crowded_out() noexcept { refused(); }
    /// Rules reject it, and will for some time: requesting it again at once is useless.
    virtual void rejected() noexcept { refused(); }
};

}  // namespace ferrotunnel::directory
