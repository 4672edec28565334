// HTTP/2 itself is libnghttp2's: frames, HPACK, flow control and the states of streams. This room holds what is ours
// around it, for both ends: the server's towards visitors, the client's towards backends.
#pragma once

#include <nghttp2/nghttp2.h>
#include <memory>

namespace ferrotunnel::h2 {

struct EndSession {
    void operator()(nghttp2_session* session) const noexcept { nghttp2_session_del(session); }
};

/// One connection's state in the library. Not thread safe: one worker's.
using Session = std::unique_ptr<nghttp2_session, EndSession>;

}  // namespace ferrotunnel::h2
