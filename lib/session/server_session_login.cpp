// A session's login: the proof of its token, its admission, and its first moments as a client of this server.
#include <array>
#include <utility>

#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

void ServerSession::on_pipe_open() {
    login::ServerHandshake::Settings settings;
    settings.tokens = shared_->tokens.get();
    std::array<std::uint8_t, 32> exporter;
    if (trunk_->pipe().exporter(exporter)) {
        settings.exporter.assign(exporter.begin(), exporter.end());
    }
    const bool resumes = shared_->mux.resume > Duration::zero();
    settings.features = wire::feature::announced | (resumes ? wire::feature::resume : 0U);
    settings.resume_window = shared_->mux.resume;
    settings.instance = shared_->instance;
    settings.limits.first_window = shared_->mux.first_window;
    settings.limits.streams_max = shared_->mux.streams_max;
    settings.limits.opens_max = shared_->mux.opens_max;
    settings.ping_interval = shared_->mux.ping_interval;
    settings.dead_interval = shared_->mux.dead_interval;
    if (guesses_count()) {
        settings.guesses_too_often = [this] {
            return shared_->guesses->is_closed(login::networks_of(peer_), worker_.now());
        };
    }
    handshake_ = std::make_unique<login::ServerHandshake>(std::move(settings), *shared_->random);
}

void ServerSession::take_step(const login::Step& step) {
    if (step.send) {
        trunk_->session().send_control(*step.send);
        trunk_->session_changed();
    }
    switch (step.want) {
        case login::Want::message:
            return;
        case login::Want::decision:
            proved_ = true;
            if (plugins_) {
                plugins_->ask_login();  // the admission follows
            } else {
                ask_admission();
            }
            return;
        case login::Want::nothing:
            return;
        case login::Want::close:
            break;
    }
    const login::HandshakeFailure& failure = handshake_->failure();
    if (guesses_count() && handshake_->wrong_token()) {
        shared_->guesses->failed(login::networks_of(peer_), *handshake_->wrong_token(), worker_.now());
    }
    tell_stranger("a login was refused", failure.code, failure.text);
    trunk_->end(failure.code, failure.text_for_peer);
}

void ServerSession::ask_admission() {
    agreement_ = handshake_->agreed();
    token_name_ = handshake_->token().name;
    secret_ = handshake_->secret();
    client_ = {handshake_->token().id(), agreement_.peer_instance};
    if (auto refusal = refuse_login()) {
        take_step(handshake_->refuse(refusal->code, refusal->text));
        return;
    }
    if (agreement_.resume) {
        ask_resume();
        return;
    }
    directory::SessionInfo info;
    info.key = key_;
    info.token = client_.first;
    info.token_name = token_name_;
    info.instance = agreement_.peer_instance;
    info.epoch = agreement_.peer_epoch;
    info.attempt = agreement_.peer_attempt;
    info.trunk = agreement_.trunk;
    info.agent = agreement_.peer_agent;
    info.address = peer_.text();
    info.since = worker_.now();
    if ((agreement_.features & wire::feature::handover) != 0) {
        info.identity = agreement_.peer_identity;
        info.replaces = agreement_.peer_replaces && !info.identity.empty();
    }
    // The tokens may be others than at the beginning of the login.
    const std::shared_ptr<const login::AcceptedToken> token = shared_->tokens.find(*secret_);
    info.ports = token != nullptr ? token->ports : handshake_->token().ports;
    auto self = shared_from_this();
    directory::admit_with_takeover(
        shared_->registry, std::move(info), self, [self](std::optional<directory::Refusal> refusal) {
            bool reached =
                self->mailbox_->post_call([self, refusal] { self->guarded([&] { self->admitted(refusal); }); });
            if (!reached && !refusal) {
                self->shared_->registry->remove(self->key_);  // the worker has stopped meanwhile
            }
        });
}

void ServerSession::admitted(std::optional<directory::Refusal> refusal) {
    admitted_ = !refusal;
    const bool gone = ended_ || trunk_->session().state() != mux::SessionState::authenticating;
    if (ended_) {
        leave_registry();
        return;
    }
    if (gone) {
        return;  // the session has failed, and its login with it; the end follows
    }
    if (refusal) {
        take_step(handshake_->refuse(refusal->code, refusal->text));
        return;
    }
    std::string name = "s" + std::to_string(key_);
    take_step(handshake_->welcome(name));
    agreement_ = handshake_->agreed();  // with what the welcome has added
    welcome_ = true;
    shared_->secrets->begins(*secret_, peer_.text(), std::chrono::system_clock::now());
    secret_in_use_ = std::shared_ptr<void>(nullptr, [secrets = shared_->secrets, secret = *secret_](void*) {
        secrets->ends(secret, std::chrono::system_clock::now());
    });
    {
        std::lock_guard lock(view_mutex_);
        view_ = {true,
                 false,
                 {},
                 client_,
                 peer_.text(),
                 agreement_.peer_agent,
                 token_name_,
                 agreement_.peer_name,
                 std::chrono::system_clock::now(),
                 {}};
    }
    finish_login();
    const std::size_t trunks = shared_->trunk_counts->enter(client_);
    present_ = true;
    trunk_->govern_by(shared_->memory, token_name_);
    begin_resumable();
    trunk_->login_done(agreement_.peer);
    log_begin();
    notify(trunks == 1 ? ServerNotice::Kind::connected : ServerNotice::Kind::joined, {}, {}, Code::none, {}, trunks);
    handshake_.reset();
    if (shared_->registry->is_replaced(key_)) {
        replaced({});
    }
}

void ServerSession::finish_login() noexcept {
    if (auto over = std::exchange(callbacks_.login_over, nullptr)) {
        over(welcome_);
    }
}

}  // namespace ferrotunnel::session
