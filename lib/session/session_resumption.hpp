// Sessions of a server that outlive their connection (docs/architecture/resume.md).
//
// Until the login is over the new connection is a session of its own, on a worker of its own. It contributes the pipe,
// which is mailed to the worker of the resumed session before the welcome is written, so that the welcome and the
// missed bytes are sent from one place.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "login/handshake_server.hpp"
#include "session/session_context.hpp"
#include "session/session_plugins.hpp"
#include "session/session_rights.hpp"
#include "session/shared_view.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// A connection whose client has proved that the session is its own, and the login on it, which waits for the welcome.
struct ResumedConnection {
    std::unique_ptr<transport::Pipe> pipe;
    std::unique_ptr<login::ServerHandshake> handshake;
    login::Key key;
    runtime::SocketAddress from;
};

/// Lets a session wait for another connection. Lives on its worker; detached_since() is for any thread.
class SessionResumption {
public:
    struct Needs {
        const SessionContext& at;
        SessionFacts& facts;  // the address changes
        const SessionRights& rights;
        SessionPlugins* plugins;  // null if the server has none
        SharedView& view;
        const IntrusivePtr<trunk::Trunk>& trunk;  // of the session
        std::function<std::weak_ptr<ServerSession>()> session;
        std::function<bool()> has_ended;
        std::function<void(wire::Code code, std::string_view text)> end;  // ends the session
        std::function<void(bool waits)> waits;                            // from now on, or no longer
    };

    explicit SessionResumption(Needs needs) : needs_(std::move(needs)) {}

    /// Called once the login has succeeded: makes the session resumable if both sides agreed on it; otherwise does
    /// nothing.
    void begin();
    /// The connection was lost.
    void on_detached(const trunk::TrunkEnd& why);
    /// Continues on another connection, or refuses it.
    void resume(ResumedConnection connection);
    /// No client can reconnect: connections are no longer accepted, or are accepted by another process, which does not
    /// have the session. A waiting session ends.
    void give_up();
    /// Called when the session has ended.
    void on_end() noexcept;
    /// Removes the session from the table.
    void leave_table() noexcept;

    /// Empty if it has a connection.
    std::optional<TimePoint> detached_since() const noexcept {
        const TimePoint since = detached_since_.load(std::memory_order_relaxed);
        return since == TimePoint{} ? std::nullopt : std::optional(since);
    }

private:
    std::optional<directory::Refusal> refuse(const ResumedConnection& connection);
    void set_waiting(bool waits);

    const Needs needs_;
    std::optional<std::uint64_t> resumed_by_{};           // the client's number of the last accepted attempt
    std::atomic<TimePoint> detached_since_{TimePoint{}};  // zero if it has a connection
};

}  // namespace ferrotunnel::session
