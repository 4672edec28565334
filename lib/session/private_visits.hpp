// Visits: streams that a client opens to another client's private service.
#pragma once

#include <functional>

#include "base/intrusive_ptr.hpp"
#include "base/token_bucket.hpp"
#include "session/server_shared.hpp"
#include "session/session_context.hpp"
#include "session/stream_relay.hpp"
#include "wire/open_metadata.hpp"

namespace ferrotunnel::session {

/// Lives on the session's worker.
class PrivateVisits {
public:
    /// Passes the visit to the session that has the service; false if that has ended.
    using Deliver = std::function<bool(const ServerShared::Visited& to, IntrusivePtr<StreamRelay> relay)>;

    PrivateVisits(const SessionContext& at, Deliver deliver) : at_(at), deliver_(std::move(deliver)) {}

    /// The client opens a stream.
    void begin(IntrusivePtr<mux::Stream> stream, const wire::Open& open, bool is_draining);

private:
    bool forward(const wire::OpenMetadata& to, const IntrusivePtr<StreamRelay>& relay) const;
    void log_unknown(const wire::OpenMetadata& to, TimePoint now) const;

    const SessionContext& at_;
    const Deliver deliver_;
    TokenBucket rate_;
};

}  // namespace ferrotunnel::session
