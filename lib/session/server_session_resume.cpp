// Sessions of a server that outlive their connection.
//
// The new connection is a session of its own until the login is over, on a worker of its own. What it brings is the
// pipe: that goes by mail to the worker of the session that it is for, before the welcome is written, so that the
// welcome and what the client has missed leave from one place. docs/architecture/resume.md.
#include <array>
#include <chrono>
#include <utility>

#include "session/server_session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

/// A connection whose client has proved that the session is its own, and the login on it, which waits for the welcome.
struct ServerSession::NewConnection {
    std::unique_ptr<transport::Pipe> pipe;
    std::unique_ptr<login::ServerHandshake> handshake;
    login::Key key;
    runtime::SocketAddress from;
};

namespace {

std::vector<std::uint8_t> framed(const wire::ControlPayload& message) {
    std::vector<std::uint8_t> frame(limits::frame_header_bytes + message.size());
    wire::encode_header({static_cast<std::uint16_t>(message.size()), wire::FrameType::control, 0, 0}, frame.data());
    std::copy(message.begin(), message.end(), frame.begin() + limits::frame_header_bytes);
    return frame;
}

// The socket has taken next to nothing so far, so this fits.
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

// The server waits a little longer than the client, which then has the last word.
void ServerSession::begin_resumable() {
    if (!agreement_.resume_key) {
        return;
    }
    shared_->resumes->enter(agreement_.resume_id, {client_.first, agreement_.peer_instance, *agreement_.resume_key},
                            weak_from_this());
    trunk_->session().begin_resumable(agreement_.resume_window + limits::resume_server_waits);
}

// Nobody can come back: connections are accepted no more, or by another process, which does not know the session.
// Waiting would only keep its visitors from being reset.
void ServerSession::end_resuming() {
    if (!agreement_.resume_key || ended_) {
        return;
    }
    shared_->resumes->leave(agreement_.resume_id);
    if (waits_since()) {
        end(Code::going_away,
            "Its client can not come back: the server is stopping, or another process of it takes over.");
    } else {
        trunk_->session().give_up_resume();
    }
}

void ServerSession::set_waiting(bool waits) {
    waits_since_.store(waits ? worker_.now() : TimePoint{}, std::memory_order_relaxed);
}

void ServerSession::on_detached(const trunk::TrunkEnd& why) {
    set_waiting(true);
    shared_->resume_counts->waits.fetch_add(1, std::memory_order_relaxed);
    static constexpr LineKind detached{"detached", limits::client_lines_per_second};
    if (shared_->log->may_write(LogLevel::info, detached, worker_.now())) {
        shared_->log->info("a client's connection is lost, and its session waits for another one",
                           {{"session", agreement_.session},
                            {"peer", peer_.text()},
                            {"client", agreement_.peer_name},
                            {"code", wire::name_of(why.code)},
                            {"why", why.text}});
    }
    notify(ServerNotice::Kind::waiting, {}, {}, why.code, why.text);
}

// --- the session of the new connection ---

void ServerSession::ask_resume() {
    auto found =
        shared_->resumes->find(*agreement_.resume, client_.first, agreement_.peer_instance, agreement_.client_proof);
    if (!found) {
        shared_->resume_counts->count_refusal(found.error().code);
        take_step(handshake_->refuse(found.error().code, found.error().text));
        return;
    }
    // In a later round: this one is within the trunk's reading.
    mailbox_->post_call([self = shared_from_this(), to = found->session, key = found->key] {
        self->guarded([&] { self->hand_over(to, key); });
    });
}

void ServerSession::hand_over(const std::shared_ptr<ServerSession>& to, const login::Key& key) {
    if (ended_ || trunk_->session().state() != mux::SessionState::authenticating) {
        return;
    }
    buffer::Slice nothing;  // a client is silent until the welcome
    auto connection =
        std::make_shared<NewConnection>(NewConnection{trunk_->hand_over(nothing), std::move(handshake_), key, peer_});
    // If that worker has stopped, the connection is closed.
    (void)to->post([connection](ServerSession& session) { session.resume(std::move(*connection)); });
    // Nothing is left of this session.
    ended_ = true;
    finish_login();
    if (auto ended = std::exchange(callbacks_.ended, nullptr)) {
        ended();
    }
    (void)end_mail_->post(*mailbox_, shared_from_this());
}

// --- the session that goes on ---

// Why it may not; nothing: the session has no connection now, and may take this one.
std::optional<directory::Refusal> ServerSession::refuse_resume(const NewConnection& connection) {
    const wire::ResumeRequest& request = *connection.handshake->agreed().resume;
    if (ended_ || !trunk_ || (!trunk_->is_detached() && !trunk_->session().is_resumable())) {
        return directory::Refusal{Code::unknown_session, "The session is over."};
    }
    if (resumed_by_ && request.attempt <= *resumed_by_) {  // two came by mail of two workers
        return directory::Refusal{Code::superseded, "A later attempt to resume the session has come."};
    }
    // The new connection's worker has looked already; rights may have changed while it was on the way.
    const runtime::SocketAddress was = std::exchange(peer_, connection.from);
    if (auto refusal = refuse_login()) {
        peer_ = was;
        return refusal;
    }
    resumed_by_ = request.attempt;
    trunk_->detach();  // the client has given the old connection up, whatever this side knows of it
    if (!trunk_->session().can_reattach(request.received)) {
        end(Code::internal, "The client's count of what it has received can not be.");
        return directory::Refusal{Code::unknown_session, "The client can not have received so much, or so little."};
    }
    return std::nullopt;
}

void ServerSession::resume(NewConnection connection) {
    const std::string was = peer_.text();
    if (const auto refusal = refuse_resume(connection)) {
        shared_->resume_counts->count_refusal(refusal->code);
        const login::Step step = connection.handshake->refuse(refusal->code, refusal->text);
        write_refusal(*connection.pipe, *step.send, refusal->code, refusal->text);
        return;
    }
    if (!waits_since()) {
        shared_->resume_counts->waits.fetch_add(1, std::memory_order_relaxed);
    }
    shared_->resume_counts->resumed.fetch_add(1, std::memory_order_relaxed);
    const auto pause =
        std::chrono::duration_cast<std::chrono::milliseconds>(worker_.now() - waits_since().value_or(worker_.now()));
    set_waiting(false);
    const std::uint64_t received = connection.handshake->agreed().resume->received;
    const login::Step step = connection.handshake->resumed(connection.key, trunk_->session().received_bytes());
    static constexpr LineKind resumed{"resumed", limits::client_lines_per_second};
    if (shared_->log->may_write(LogLevel::info, resumed, worker_.now())) {
        shared_->log->info("a client's session goes on, on another connection", {{"session", agreement_.session},
                                                                                 {"peer", peer_.text()},
                                                                                 {"was", was},
                                                                                 {"client", agreement_.peer_name},
                                                                                 {"after_ms", pause.count()}});
    }
    if (plugins_) {
        plugins_->moved();
    }
    {
        std::lock_guard lock(view_mutex_);
        view_.peer = peer_.text();
    }
    notify(ServerNotice::Kind::resumed, {}, {}, Code::none, {});
    trunk_->attach(std::move(connection.pipe), received, framed(*step.send), {});
}

}  // namespace ferrotunnel::session
