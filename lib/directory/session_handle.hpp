// A session that can be probed and evicted when another one claims its place (takeover.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "directory/membership.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::directory {

/// Probes a session or ends it. Implemented by the server, which posts to the session's worker. Both functions may be
/// called from any thread and return at once; each callback is called exactly once, from any thread, even if the
/// session ends before it could answer.
class SessionHandle {
public:
    virtual ~SessionHandle() = default;

    /// Ends the session with this code and text. `released` is called when its public ports are closed and it has left
    /// the registry, or at once if this has already happened. Several evictions may be in progress.
    virtual void evict(wire::Code code, std::string text, std::function<void()> released) = 0;

    /// Pings the peer. `answer` receives true as soon as anything is received from the peer; false after
    /// limits::takeover_silence without a byte, or when the session has ended.
    virtual void probe(std::function<void(bool alive)> answer) = 0;

    /// Since when it waits to be resumed, its connection being lost. Empty if it has a connection.
    virtual std::optional<TimePoint> detached_since() const noexcept { return std::nullopt; }

    // Hand-over (docs/architecture/handover.md).

    /// The public port of the session's service of this name and kind, if the server has chosen it. 0 if there is none.
    virtual std::uint16_t assigned_port(wire::ServiceKind kind, const std::string& name) const {
        return (void)kind, (void)name, std::uint16_t{0};
    }
    /// Opens the services that the session has registered and not opened, since `owners` have the names: now it
    /// replaces them. `done` is called like `released`.
    virtual void handover_open(std::vector<ClientId> owners, std::function<void()> done) { (void)owners, done(); }
    /// Another client, from the address `by` if that is known, has replaced the session's.
    virtual void on_replaced(std::string by) { (void)by; }
};

}  // namespace ferrotunnel::directory
