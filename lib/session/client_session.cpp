#include "session/client_session.hpp"

#include "runtime/address.hpp"
#include "session/allowed_servers.hpp"
#include "session/client_resume.hpp"
#include "session/limits.hpp"
#include "trunk/stall_log.hpp"

namespace ferrotunnel::session {

using wire::Code;

ClientSession::ClientSession(runtime::Worker& worker, std::shared_ptr<ClientShared> shared, const ClientLogin& login,
                             Callbacks callbacks)
    : worker_(worker),
      shared_(std::move(shared)),
      login_(login),
      callbacks_(std::move(callbacks)),
      login_until_(worker.now() + shared_->handshake_deadline) {
    check_here(worker_);
    connect();
}

ClientSession::~ClientSession() {
    ended_ = true;
    if (trunk_ && !trunk_->is_closed()) {
        trunk_->abandon();
    }
}

void ClientSession::send(const wire::ControlPayload& message) {
    check_here(worker_);
    trunk_->session().send_control(message);
    trunk_->session_changed();
}

void ClientSession::drain(std::string_view text) {
    check_here(worker_);
    if (!open_) {
        end(Code::going_away, text);
        return;
    }
    trunk_->session().drain(Code::going_away, text, worker_.now());
    trunk_->session_changed();
    if (!drain_timer_) {
        drain_timer_ = std::make_unique<runtime::Timer>(worker_, [this] { end_datagrams(); });
        drain_timer_->set_after(limits::udp_drains_for);
    }
}

// Repeatedly: the server may still open streams that were in flight.
void ClientSession::end_datagrams() {
    if (ended_ || trunk_->is_closed()) {
        return;
    }
    trunk_->session().abort_streams(callbacks_.has_datagrams, Code::none);
    trunk_->session_changed();
    drain_timer_->set_after(limits::udp_drains_for);
}

void ClientSession::renew(std::string_view why) {
    check_here(worker_);
    if (open_) {
        trunk_->session().announce(Code::rotated, why);
        trunk_->session_changed();
    }
}

void ClientSession::end(Code code, std::string_view text) {
    check_here(worker_);
    if (trunk_) {
        trunk_->end(code, text);
    } else {
        dial_.reset();
        finish({code, std::string(text), false, false});
    }
}

// --- connecting and login ---

void ClientSession::connect() {
    dial_ = std::make_unique<ServerDial>(worker_, *login_.server, shared_->handshake_deadline,
                                         [this](const std::string& problem, std::unique_ptr<transport::Pipe> pipe) {
                                             on_connected(problem, std::move(pipe));
                                         });
}

void ClientSession::on_connected(const std::string& problem, std::unique_ptr<transport::Pipe> pipe) {
    if (!problem.empty()) {
        finish({Code::refused, "cannot connect to " + net::to_text(login_.server->address) + ": " + problem, false,
                false});
        return;
    }
    trunk_ = make_intrusive<trunk::Trunk>(worker_, std::move(pipe), shared_->mux, *shared_->random,
                                          login_until_ - worker_.now(), static_cast<trunk::TrunkEvents&>(*this));
    trunk_->account_in(shared_->traffic_registry);
    trunk_->session().count_in(shared_->services->rest()->meter(&worker_));
    trunk_->start();
}

void ClientSession::on_pipe_open() {
    login::ClientHandshake::Settings settings = login_settings(*shared_, login_, trunk_->pipe());
    if (login_.instances) {
        settings.wants_server = [this](const wire::InstanceId& server) {
            stay_ = login_.instances->enter(login_.side, server);
            return stay_ != nullptr;
        };
    }
    handshake_ = std::make_unique<login::ClientHandshake>(std::move(settings), *shared_->random);
    send(handshake_->start());
}

void ClientSession::on_control(Bytes message) {
    if (!open_) {
        apply_step(handshake_->receive(message));
        return;
    }
    auto decoded = wire::decode_control(message);
    if (!decoded) {
        trunk_->end(decoded.error().code, decoded.error().text);
        return;
    }
    callbacks_.on_message(*decoded);
}

void ClientSession::apply_step(const login::Step& step) {
    if (step.send) {
        send(*step.send);
    }
    switch (step.want) {
        case login::Want::message:
        case login::Want::token:
        case login::Want::decision:
            return;
        case login::Want::nothing:
            logged_in();
            return;
        case login::Want::close:
            break;
    }
    const login::HandshakeFailure& failure = handshake_->failure();
    refused_ = trunk::TrunkEnd{failure.code, failure.text, failure.by_peer, true, false, failure.unwanted};
    trunk_->end(failure.by_peer ? Code::none : failure.code, failure.text_for_peer);
}

void ClientSession::logged_in() {
    agreement_ = handshake_->agreed();
    open_ = true;
    const ServerAccess& access = login_.server->access;
    if (!access.proxy) {  // otherwise the peer is the proxy, whose address is not the server's
        shared_->self_loop_detector->set_server(runtime::visitor_address(runtime::peer_address(trunk_->pipe().fd())),
                                                login_.side);
    }
    if (agreement_.cluster) {
        clear_forbidden(*agreement_.cluster,
                        {shared_->servers, access.tls && access.tls->is_pinned(),
                         [this](const std::string& host) { return trunk_->pipe().certificate_covers(host); }});
    }
    trunk_->govern_by(shared_->memory, {});
    begin_resumable();
    trunk_->login_done(agreement_.peer);
    callbacks_.on_open(agreement_);
}

// --- resuming ---

void ClientSession::begin_resumable() {
    if (agreement_.resume_window == Duration::zero()) {
        if (shared_->mux.resume > Duration::zero()) {
            shared_->log->info(
                "resume is off on the server: when a tunnel connection is lost, its visitors' connections are closed "
                "with a reset");
        }
        return;
    }
    ClientResume::Callbacks callbacks;
    callbacks.resumed = [this](std::unique_ptr<transport::Pipe> pipe, std::uint64_t peer_received,
                               const buffer::Slice& rest) { resumed(std::move(pipe), peer_received, rest); };
    // One code for all reasons: the session ends, and the client logs in again.
    callbacks.refused = [this](const trunk::TrunkEnd& why) {
        shared_->resume_counts->count_refusal(why.code);
        trunk_->end(Code::unknown_session, why.text);
    };
    resume_ = std::make_unique<ClientResume>(worker_, shared_, login_, agreement_, std::move(callbacks));
    trunk_->set_redials();
    trunk_->session().begin_resumable(std::min(agreement_.resume_window, shared_->mux.resume));
}

void ClientSession::on_detached(const trunk::TrunkEnd& why) {
    detached_since_ = worker_.now();
    shared_->resume_counts->waits.fetch_add(1, std::memory_order_relaxed);
    shared_->log->warn("a session lost its connection and waits to be resumed",
                       {{"session", agreement_.session}, {"code", wire::name_of(why.code)}, {"why", why.text}});
    resume_->begin(trunk_->session().received_bytes());
    callbacks_.on_waiting(why);
}

bool ClientSession::finish_resuming() {
    // An attempt may finish, but there are not further ones for ever.
    const TimePoint last = trunk_->session().resumable_until() + shared_->handshake_deadline;
    return resume_ && worker_.now() < last && resume_->finish();
}

void ClientSession::resumed(std::unique_ptr<transport::Pipe> pipe, std::uint64_t peer_received,
                            const buffer::Slice& rest) {
    if (ended_ || !trunk_->session().can_reattach(peer_received)) {
        trunk_->end(Code::internal, "The server reported an impossible receive count.");
        return;
    }
    const auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(worker_.now() - detached_since_);
    detached_since_ = {};
    shared_->resume_counts->resumed.fetch_add(1, std::memory_order_relaxed);
    shared_->log->info("the session was resumed on another connection",
                       {{"session", agreement_.session}, {"after_ms", pause.count()}});
    callbacks_.on_resumed();
    trunk_->attach(std::move(pipe), peer_received, {}, rest);
}

// --- other events of the trunk ---

void ClientSession::on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    callbacks_.on_stream(std::move(stream), open);
}

void ClientSession::on_goaway(Code code, std::string_view text) {
    if (open_) {
        callbacks_.on_goaway(code, text);
    }
}

void ClientSession::on_drained() {
    trunk_->end(Code::none, "Every visitor has finished.");
}

void ClientSession::on_stall(const mux::Stall& stall) {
    trunk::log_stall(*shared_->log, agreement_.session, stall, worker_.now());
}

void ClientSession::on_rotate_due() {
    // This trunk has used up its ids: it accepts no more visits, and is made again when the present ones are over.
    drain("Stream ids are running out.");
}

void ClientSession::on_trunk_end(const trunk::TrunkEnd& end) {
    if (resume_) {
        resume_->stop();
    }
    if (std::exchange(detached_since_, {}) != TimePoint{}) {
        shared_->resume_counts->given_up.fetch_add(1, std::memory_order_relaxed);
    }
    if (refused_) {
        finish(*refused_);
        return;
    }
    if (!open_ && end.by_peer && handshake_ && end.code != Code::none) {
        (void)handshake_->on_goaway(end.code, end.text);
        const login::HandshakeFailure& failure = handshake_->failure();
        finish({failure.code, failure.text, true, true});
        return;
    }
    finish(end);
}

void ClientSession::finish(trunk::TrunkEnd end) {
    if (std::exchange(ended_, true)) {
        return;
    }
    // A man in the middle may send anything, but not after the proof, nor if TLS has verified the server.
    const auto& tls = login_.server->access.tls;
    const bool verified = tls && (tls->verifies() || tls->is_pinned());
    end.proved = open_ || (end.opened && verified);
    callbacks_.on_end(end);
}

}  // namespace ferrotunnel::session
