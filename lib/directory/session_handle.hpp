// A session as the registry and the takeover see it: something that can be asked for life and told to go.
#pragma once

#include <functional>
#include <string>

#include "wire/code.hpp"

namespace ferrotunnel::directory {

/// Asks a session for life or ends it. Implemented by the server, which posts to the session's worker. Both calls may
/// come from any thread and return at once; each callback is called exactly once, from any thread, even if the session
/// ends before it could answer.
class SessionHandle {
public:
    virtual ~SessionHandle() = default;

    /// Ends the session with this code and text. `released` is called when its public ports are closed and it has left
    /// the registry, or at once if that is already so. Several evictions may be under way.
    virtual void evict(wire::Code code, std::string text, std::function<void()> released) = 0;

    /// Pings the peer. `answer` gets true as soon as anything is heard from the peer; false after
    /// limits::takeover_silence without a byte, or when the session has ended.
    virtual void probe(std::function<void(bool alive)> answer) = 0;
};

}  // namespace ferrotunnel::directory
