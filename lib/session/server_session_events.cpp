// Events of a session's trunk, and the session's end: what it leaves, in which order, and who is notified.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "session/server_session.hpp"
#include "session/session_audit.hpp"
#include "trunk/stall_log.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

// Whether the client may reconnect in a moment: not if this server rejected it.
bool may_reconnect(const trunk::TrunkEnd& end) {
    return end.by_peer || (end.code != Code::cancelled && end.code != Code::unauthorized &&
                           end.code != Code::forbidden && end.code != Code::going_away);
}

void count_key_group(ServerCounters& counters, KeyGroup group) noexcept {
    if (group != KeyGroup::none) {
        auto& count = group == KeyGroup::hybrid ? counters.logins_hybrid : counters.logins_classic;
        count.fetch_add(1, std::memory_order_relaxed);
    }
}

}  // namespace

// --- the login ---

void ServerSession::on_welcome() {
    enter(Phase::open);
    view_.change([this](SessionView& view) {
        view = {true,
                false,
                {},
                facts_.client,
                facts_.peer.text(),
                facts_.agreement.peer_agent,
                trunk_->pipe().description(),
                facts_.token_name,
                facts_.agreement.peer_name,
                std::chrono::system_clock::now(),
                {}};
        view.metadata = facts_.agreement.peer_metadata;
    });
    login_.finish();
    const std::size_t trunks = at_.shared->trunk_counts->enter(facts_.client);
    present_ = true;
    trunk_->govern_by(at_.shared->memory, facts_.token_name);
    resumption_.begin();
    trunk_->login_done(facts_.agreement.peer);
    count_key_group(*at_.shared->counters, trunk_->pipe().key_group());
    log_session_begin(at_, trunk_->pipe().description());
    audit_login(at_, trunk_->pipe());
    notify(at_, trunks == 1 ? ServerNotice::Kind::connected : ServerNotice::Kind::joined, Code::none, {}, trunks);
    if (at_.shared->registry->is_replaced(facts_.key)) {
        on_replaced({});
    }
}

// The client wants to resume an earlier session, which may be on another worker.
void ServerSession::begin_resume() {
    const login::Agreement& agreement = facts_.agreement;
    auto found = at_.shared->resumes->find(*agreement.resume, facts_.client.first, agreement.peer_instance,
                                           agreement.client_proof);
    if (!found) {
        at_.shared->resume_counts->count_refusal(found.error().code);
        login_.refuse(found.error());
        return;
    }
    // In a later round: this code runs within the trunk's read.
    post([to = found->session, key = found->key](ServerSession& session) { session.move_to(to, key); });
}

void ServerSession::move_to(const std::shared_ptr<ServerSession>& to, const login::Key& key) {
    if (has_ended() || trunk_->session().state() != mux::SessionState::authenticating) {
        return;
    }
    buffer::Slice nothing;  // a client is silent until the welcome
    auto connection = std::make_shared<ResumedConnection>(
        ResumedConnection{trunk_->transfer(nothing), login_.transfer(), key, facts_.peer});
    // If that worker has stopped, the connection is closed.
    (void)to->post([connection](ServerSession& session) { session.resumption_.resume(std::move(*connection)); });
    enter(Phase::ended);  // nothing is left of this session
    finish();
}

// --- messages of the client ---

void ServerSession::send(const wire::ControlPayload& payload) {
    trunk_->session().send_control(payload);
    trunk_->session_changed();
}

void ServerSession::on_control(Bytes message) {
    if (!login_.is_welcome()) {
        login_.receive(message);
        return;
    }
    auto decoded = wire::decode_control(message);
    if (!decoded) {
        trunk_->end(decoded.error().code, decoded.error().text);
        return;
    }
    on_message(*decoded);
}

void ServerSession::on_message(const wire::ControlMessage& message) {
    if (const auto* request = std::get_if<wire::Register>(&message)) {
        for (const wire::Service& service : request->services) {
            registration_.register_service(request->request, service);
        }
    } else if (const auto* request_end = std::get_if<wire::Unregister>(&message)) {
        for (const std::uint32_t id : request_end->ids) {
            registration_.unregister_service(id, phase_ == Phase::yielding);
            succession_.check_yielded();
        }
    } else if (const auto* answer = std::get_if<wire::Managed>(&message)) {
        manage_.answered(*answer);
    } else if (const auto* health = std::get_if<wire::Health>(&message)) {
        health_.on_report(*health);
    } else if (std::holds_alternative<wire::TakeOver>(message)) {
        succession_.begin_handover();
    } else if (!std::holds_alternative<wire::Stats>(message) && !std::holds_alternative<wire::Unknown>(message)) {
        trunk_->end(Code::protocol, "a message that is not allowed after the login");
    }
}

std::optional<directory::Refusal> ServerSession::refuse_services() const {
    if (succession_.is_rotating() || trunk_->session().state() != mux::SessionState::open) {
        return directory::Refusal{Code::going_away, "The server is stopping."};
    }
    if (phase_ >= Phase::draining) {
        return directory::Refusal{Code::going_away, "The client announced that it is stopping."};
    }
    if (succession_.is_replaced()) {
        return directory::Refusal{Code::going_away, "Another client replaced this one."};
    }
    return std::nullopt;
}

void ServerSession::on_open(IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
    guarded([&] { visits_.begin(std::move(stream), open, phase_ >= Phase::draining); });
}

void ServerSession::on_room() {
    guarded([this] { intake_.on_room(); });
}

// --- the end ---

ServerSession::Phase ServerSession::enter(Phase next) noexcept {
    return std::exchange(phase_, std::max(phase_, next));
}

void ServerSession::end(Code code, std::string_view text) {
    check_here(*mailbox_);
    if (!has_ended()) {
        trunk_->end(code, text);
    }
}

void ServerSession::on_goaway(Code code, std::string_view text) {
    if (code == Code::rotated) {
        succession_.rotate(text);
        return;
    }
    enter(Phase::draining);
    attempt([&] { keep_ports(true); });
    table_.close_all(true);  // the client accepts no new visitors; a restarted one is back in a moment
}

void ServerSession::on_drained() {
    trunk_->end(Code::none, "Every visitor has finished.");
}

void ServerSession::on_rotate_due() {
    succession_.rotate("Stream ids are running out: open a new session.");
}

void ServerSession::on_stall(const mux::Stall& stall) {
    trunk::log_stall(*at_.shared->log, facts_.agreement.session, stall, at_.worker.now());
}

void ServerSession::on_trunk_end(const trunk::TrunkEnd& end) {
    const Phase before = enter(Phase::ended);
    if (before == Phase::ended) {
        return;
    }
    resumption_.on_end();
    attempt([&] { report_end(end); });
    attempt([&] { login_.count_wrong_token(); });
    stop_parts();
    if (login_.is_admitted() && before != Phase::draining) {  // no GOAWAY: its client will reconnect
        attempt([&] { keep_ports(false); });
    }
    leave(may_reconnect(end));
    login_.release_secret();
    attempt([&] { report_gone(end.code, end.text, before); });
    view_.change([](SessionView& view) { view.connected = false; });
    finish();
}

void ServerSession::stop_parts() noexcept {
    login_.stop();
    probes_.clear();
    handover_queue_.stop();
    succession_.stop();
    health_.stop();
    if (plugins_) {
        plugins_->give_up();
    }
    manage_.give_up();
}

// Leaves the ports and the registry. Needs no memory.
void ServerSession::leave(bool may_return) noexcept {
    resumption_.leave_table();
    table_.close_all(may_return);
    login_.leave_registry();
}

// Reserves the ports for the token. After a GOAWAY others may use them as soon as no visitor waits for its client.
void ServerSession::keep_ports(bool with_goaway) {
    const Duration hold = at_.shared->ports->hold_time();
    grants_.reserve_all(with_goaway ? hold : Duration(directory::Registry::ports_kept_for));
    if (!with_goaway) {
        at_.shared->registry->keep_ports(facts_.key, Clock::now() + directory::Registry::ports_kept_for);
    } else if (hold > Duration::zero()) {
        at_.shared->registry->keep_ports(facts_.key, Clock::now() + hold, false);
    }
}

void ServerSession::report_end(const trunk::TrunkEnd& end) {
    if (login_.is_unreported_end(end.text)) {
        at_.shared->log->debug("a connection ended before the login",
                               {{"peer", facts_.peer.text()}, {"code", wire::name_of(end.code)}, {"why", end.text}});
    } else if (!end.opened) {
        report_unauthenticated(at_, "a connection was refused", end.code, end.text, login_.has_begun());
        if (!login_.is_refused()) {
            audit_refused_login(at_, end.code, end.text, nullptr);
        }
    }
    if (login_.is_welcome()) {
        report_session_end(at_, *trunk_, load_.traffic()->visitors.load(std::memory_order_relaxed), end);
    }
}

// Reports the session's end, as the tunnel sees it. A trunk that was replaced, or that either side drains, is not a
// loss while others are open.
void ServerSession::report_gone(Code code, const std::string& text, Phase before) {
    if (!std::exchange(present_, false)) {
        return;
    }
    const std::size_t left = at_.shared->trunk_counts->leave(facts_.client);
    if (left == 0) {
        notify(at_, ServerNotice::Kind::lost, code, text);
    } else if (before < Phase::yielding) {
        notify(at_, ServerNotice::Kind::degraded, code, text, left);
    }
}

void ServerSession::finish() {
    auto self = shared_from_this();
    login_.finish();
    if (const auto ended = std::exchange(on_ended_, nullptr)) {
        ended();
    }
    (void)end_mail_->post(*mailbox_, std::move(self));  // the trunk is still on the stack
}

void ServerSession::abandon() {
    check_here(*mailbox_);
    enter(Phase::ended);
    stop_parts();
    leave();
    at_.shared->registry->remove(facts_.key);  // the session may be admitted without knowing yet
    if (trunk_) {
        trunk_->abandon();
        trunk_.reset();
    }
}

}  // namespace ferrotunnel::session
