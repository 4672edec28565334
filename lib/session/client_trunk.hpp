// A trunk of a client: its present session, and replaced sessions whose visitors are still finishing.
//
// The trunk lives on its own worker, its link on another worker or the same. The link's orders and the trunk's reports
// are mail between different workers and plain calls on the same one; either way they arrive in order.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/client_service.hpp"
#include "buffer/mailbox.hpp"
#include "session/client_session.hpp"

namespace ferrotunnel::session {

/// Receives a trunk's reports, on the link's worker. `place` counts from 0.
class ClientTrunkEvents {
public:
    virtual ~ClientTrunkEvents() = default;

    /// The present session is open. `round_trip` is the shortest seen so far; zero: not known.
    virtual void on_trunk_open(std::size_t place, const login::Agreement& agreed, const std::string& transport,
                               Duration round_trip) = 0;
    virtual void on_trunk_message(std::size_t place, const wire::ControlMessage& message) = 0;
    /// The server accepts no new visitors on this trunk.
    virtual void on_trunk_draining(std::size_t place, wire::Code code, const std::string& text) = 0;
    /// The server requests a fresh session: from now on the present one only finishes its visitors.
    virtual void on_trunk_retired(std::size_t place, const std::string& text) = 0;
    /// The present session has lost its connection and waits to be resumed; and: it was resumed.
    virtual void on_trunk_waiting(std::size_t place, const trunk::TrunkEnd& why) = 0;
    virtual void on_trunk_resumed(std::size_t place) = 0;
    /// The present session has ended, whether it was open or still connecting.
    virtual void on_trunk_end(std::size_t place, const trunk::TrunkEnd& end, bool was_open) = 0;
    /// A retired session has ended.
    virtual void on_retired_end(std::size_t place) = 0;
};

class ClientTrunk {
public:
    ClientTrunk(std::size_t place, runtime::Worker& worker, runtime::Worker& home, std::shared_ptr<ClientShared> shared,
                std::shared_ptr<const backend::ServiceTable> services, ClientTrunkEvents& events);
    ClientTrunk(const ClientTrunk&) = delete;
    ClientTrunk& operator=(const ClientTrunk&) = delete;

    // Orders of the link, on the link's worker.

    /// Makes a session; there must be no present one.
    void connect(const ClientLogin& login);
    /// Sends to the present session, if it is still open.
    void send(std::vector<wire::ControlPayload> messages);
    /// Sends to the present session and to retired ones, if they are still open.
    void send_to_all(wire::ControlPayload message);
    /// Opens a visit to the service for the visitor on the present session. The visitor is rejected if the session is
    /// not open.
    void visit(std::shared_ptr<const VisitPlan> plan, directory::Visitor visitor);
    /// Accepts no new visitors; all sessions end when the present visitors have finished.
    void drain(const std::string& text);
    /// Replaces the present session by a fresh one, if it is open; on_trunk_retired follows.
    void renew(const std::string& why);
    /// From now on the present session only finishes its visitors; on_trunk_retired follows, if it is open.
    void retire(const std::string& why);
    /// Ends all sessions now.
    void end(const std::string& text);

private:
    void on_worker(std::function<void()> order);
    void report(std::function<void()> news);
    std::vector<ClientSession*> retiring() const;
    void make_session(const ClientLogin& login);
    void retire_current(const std::string& why);
    void on_stream(IntrusivePtr<mux::Stream> stream, const wire::Open& open);
    void on_goaway(ClientSession& session, wire::Code code, std::string_view text);
    void on_session_end(ClientSession& session, const trunk::TrunkEnd& end) noexcept;
    void discard(std::unique_ptr<ClientSession> session);

    const std::size_t place_;
    runtime::Worker& worker_;
    runtime::Worker& home_;  // the link's worker
    const std::shared_ptr<ClientShared> shared_;
    const std::shared_ptr<const backend::ServiceTable> services_;
    ClientTrunkEvents& events_;

    // For the trunk's worker only.
    std::unique_ptr<ClientSession> current_;
    std::vector<std::unique_ptr<ClientSession>> retiring_;   // replaced by `current_`, still with visitors
    std::vector<std::unique_ptr<ClientSession>> discarded_;  // ended, but perhaps still on the stack
    using ClearMail = buffer::WakeMail<ClientTrunk, ClientTrunk*>;
    const IntrusivePtr<ClearMail> clear_mail_ =
        make_intrusive<ClearMail>([](ClientTrunk* const& trunk) noexcept { trunk->discarded_.clear(); });
};

}  // namespace ferrotunnel::session
