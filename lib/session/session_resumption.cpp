#include "session/session_resumption.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "session/limits.hpp"
#include "session/server_shared.hpp"
#include "session/session_audit.hpp"
#include "session/session_notices.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

std::vector<std::uint8_t> framed(const wire::ControlPayload& message) {
    std::vector<std::uint8_t> frame(limits::frame_header_bytes + message.size());
    wire::encode_header({static_cast<std::uint16_t>(message.size()), wire::FrameType::control, 0, 0}, frame.data());
    std::copy(message.begin(), message.end(), frame.begin() + limits::frame_header_bytes);
    return frame;
}

// The socket's buffer is almost empty so far, so this fits.
void write_refusal(transport::Pipe& pipe, const wire::ControlPayload& refused, Code code, std::string_view text) {
    std::vector<std::uint8_t> frames = framed(refused);
    std::array<std::uint8_t, wire::goaway_frame_max> goaway;
    const std::size_t length = wire::encode_goaway({0, code, as_bytes(text)}, goaway.data());
    frames.insert(frames.end(), goaway.begin(), goaway.begin() + static_cast<std::ptrdiff_t>(length));
    const Bytes piece(frames);
    (void)pipe.write({&piece, 1});
    pipe.shutdown();
}

}  // namespace

// The server waits a little longer than the client, so that the client decides.
void SessionResumption::begin() {
    check_here(needs_.at.worker);
    const SessionFacts& facts = needs_.facts;
    if (!facts.agreement.resume_key) {
        return;
    }
    needs_.at.shared->resumes->enter(facts.agreement.resume_id,
                                     {facts.client.first, facts.agreement.peer_instance, *facts.agreement.resume_key},
                                     needs_.session());
    needs_.trunk->session().begin_resumable(facts.agreement.resume_window + limits::resume_server_waits);
}

// Waiting would only delay the reset of its visitors' connections.
void SessionResumption::give_up() {
    check_here(needs_.at.worker);
    if (!needs_.facts.agreement.resume_key || needs_.has_ended()) {
        return;
    }
    leave_table();
    if (detached_since()) {
        needs_.end(Code::going_away,
                   "Its client cannot reconnect: the server is stopping, or being replaced by another process.");
    } else {
        needs_.trunk->session().give_up_resume();
    }
}

void SessionResumption::leave_table() noexcept {
    if (needs_.facts.agreement.resume_key) {
        needs_.at.shared->resumes->leave(needs_.facts.agreement.resume_id);
    }
}

void SessionResumption::on_end() noexcept {
    if (detached_since()) {
        needs_.at.shared->resume_counts->given_up.fetch_add(1, std::memory_order_relaxed);
        set_waiting(false);
    }
}

void SessionResumption::set_waiting(bool waits) {
    detached_since_.store(waits ? needs_.at.worker.now() : TimePoint{}, std::memory_order_relaxed);
}

void SessionResumption::on_detached(const trunk::TrunkEnd& why) {
    check_here(needs_.at.worker);
    set_waiting(true);
    needs_.waits(true);
    const ServerShared& shared = *needs_.at.shared;
    shared.resume_counts->waits.fetch_add(1, std::memory_order_relaxed);
    static constexpr LogCategory detached{"detached", limits::client_lines_per_second};
    if (shared.log->may_write(LogLevel::info, detached, needs_.at.worker.now())) {
        shared.log->info("a client's session lost its connection and waits to be resumed",
                         {{"session", needs_.facts.agreement.session},
                          {"peer", needs_.facts.peer.text()},
                          {"client", needs_.facts.agreement.peer_name},
                          {"code", wire::name_of(why.code)},
                          {"why", why.text}});
    }
    notify(needs_.at, ServerNotice::Kind::waiting, why.code, why.text);
}

// Returns why the connection is refused. If empty, the session is detached from its old connection and can use this
// one. An impossible receive count ends the session.
std::optional<directory::Refusal> SessionResumption::refuse(const ResumedConnection& connection) {
    const wire::ResumeRequest& request = *connection.handshake->agreed().resume;
    if (needs_.has_ended() || !needs_.trunk ||
        (!needs_.trunk->is_detached() && !needs_.trunk->session().is_resumable())) {
        return directory::Refusal{Code::unknown_session, "The session ended."};
    }
    if (resumed_by_ && request.attempt <= *resumed_by_) {  // two were posted by two workers
        return directory::Refusal{Code::superseded, "A later attempt to resume the session arrived."};
    }
    // The new connection's worker has checked already; rights may have changed since.
    const runtime::SocketAddress was = std::exchange(needs_.facts.peer, connection.from);
    if (auto refusal = needs_.rights.refuse_login()) {
        needs_.facts.peer = was;
        return refusal;
    }
    resumed_by_ = request.attempt;
    needs_.trunk->detach();  // the client has given up the old connection, even if this side has not noticed
    if (!needs_.trunk->session().can_reattach(request.received)) {
        needs_.end(Code::internal, "The client reported an impossible receive count.");
        return directory::Refusal{Code::unknown_session, "The client's receive count is out of range."};
    }
    return std::nullopt;
}

void SessionResumption::resume(ResumedConnection connection) {
    check_here(needs_.at.worker);
    const std::string was = needs_.facts.peer.text();
    if (const auto refusal = refuse(connection)) {
        needs_.at.shared->resume_counts->count_refusal(refusal->code);
        const login::Step step = connection.handshake->refuse(refusal->code, refusal->text);
        write_refusal(*connection.pipe, *step.send, refusal->code, refusal->text);
        return;
    }
    if (!detached_since()) {
        needs_.at.shared->resume_counts->waits.fetch_add(1, std::memory_order_relaxed);
    }
    needs_.at.shared->resume_counts->resumed.fetch_add(1, std::memory_order_relaxed);
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(
        needs_.at.worker.now() - detached_since().value_or(needs_.at.worker.now()));
    set_waiting(false);
    needs_.waits(false);
    const std::uint64_t received = connection.handshake->agreed().resume->received;
    const login::Step step = connection.handshake->resumed(connection.key, needs_.trunk->session().received_bytes());
    static constexpr LogCategory resumed{"resumed", limits::client_lines_per_second};
    if (needs_.at.shared->log->may_write(LogLevel::info, resumed, needs_.at.worker.now())) {
        needs_.at.shared->log->info("a client's session was resumed on another connection",
                                    {{"session", needs_.facts.agreement.session},
                                     {"peer", needs_.facts.peer.text()},
                                     {"was", was},
                                     {"client", needs_.facts.agreement.peer_name},
                                     {"after_ms", pause.count()}});
    }
    if (needs_.plugins != nullptr) {
        needs_.plugins->moved();
    }
    needs_.view.change([this, tls = connection.pipe->description()](SessionView& view) {
        view.peer = needs_.facts.peer.text();
        view.tls = tls;
    });
    notify(needs_.at, ServerNotice::Kind::resumed, Code::none, {});
    audit_resume(needs_.at, *connection.pipe);
    needs_.trunk->attach(std::move(connection.pipe), received, framed(*step.send), {});
}

}  // namespace ferrotunnel::session
