// Visits: streams that a client opens to another client's private service.
#pragma once

#include <functional>

#include "base/intrusive_ptr.hpp"
#include "base/token_bucket.hpp"
#include "session/server_shared.hpp"
#include "session/session_context.hpp"
#include "session/stream_relay.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker.
class PrivateVisits {
public:
    /// Passes the visit to the session that has the service; false if that has ended.
    using Bring = std::function<bool(const ServerShared::Visited& to, IntrusivePtr<StreamRelay> relay)>;

    PrivateVisits(const SessionContext& at, Bring bring) : at_(at), bring_(std::move(bring)) {}

    /// The client opens a stream.
    void begin(IntrusivePtr<mux::Stream> stream, const wire::Open& open, bool is_draining);

private:
    const SessionContext& at_;
    const Bring bring_;
    TokenBucket rate_;
};

}  // namespace ferrotunnel::session
