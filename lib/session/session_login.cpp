#include "session/session_login.hpp"

#include <array>
#include <chrono>
#include <string>
#include <utility>

#include "directory/takeover.hpp"
#include "session/server_shared.hpp"
#include "session/session_audit.hpp"
#include "session/session_notices.hpp"

namespace ferrotunnel::session {

using wire::Code;

UsedSecret::UsedSecret(std::shared_ptr<login::SecretUse> use, const login::TokenId& secret, const std::string& peer)
    : use_(std::move(use)), secret_(secret) {
    use_->begins(secret_, peer, std::chrono::system_clock::now());
}

UsedSecret::~UsedSecret() {
    use_->ends(secret_, std::chrono::system_clock::now());
}

bool SessionLogin::counts_failures() const noexcept {
    const ServerShared& shared = *needs_.at.shared;
    return shared.brute_force && shared.tokens.any_weak();
}

void SessionLogin::count_wrong_token() {
    if (counts_failures() && handshake_ && handshake_->wrong_token() && !std::exchange(is_counted_, true)) {
        needs_.at.shared->brute_force->failed(login::networks_of(needs_.facts.peer), *handshake_->wrong_token(),
                                              needs_.at.worker.now());
    }
}

void SessionLogin::begin(transport::Pipe& pipe) {
    const ServerShared& shared = *needs_.at.shared;
    login::ServerHandshake::Settings settings;
    settings.tokens = shared.tokens.get();
    std::array<std::uint8_t, 32> exporter;
    if (pipe.exporter(exporter)) {
        settings.exporter.assign(exporter.begin(), exporter.end());
    }
    const bool resumes = shared.mux.resume > Duration::zero();
    settings.features = wire::feature::announced | (resumes ? wire::feature::resume : 0U);
    settings.resume_window = shared.mux.resume;
    settings.instance = shared.instance;
    settings.limits.first_window = shared.mux.first_window;
    settings.limits.streams_max = shared.mux.streams_max;
    settings.limits.opens_max = shared.mux.opens_max;
    settings.ping_interval = shared.mux.ping_interval;
    settings.dead_interval = shared.mux.dead_interval;
    if (counts_failures()) {
        settings.blocks_weak_tokens = [this] {
            return needs_.at.shared->brute_force->is_closed(login::networks_of(needs_.facts.peer),
                                                            needs_.at.worker.now());
        };
    }
    settings.cluster = shared.cluster_part.get();
    settings.looks_up = shared.authenticator->has_source();
    handshake_ = std::make_unique<login::ServerHandshake>(std::move(settings), *shared.random);
}

void SessionLogin::receive(Bytes message) {
    apply_step(handshake_->receive(message));
}

void SessionLogin::refuse(const directory::Refusal& refusal) {
    apply_step(handshake_->refuse(refusal.code, refusal.text));
}

void SessionLogin::apply_step(const login::Step& step) {
    if (step.send) {
        needs_.send(*step.send);
    }
    switch (step.want) {
        case login::Want::message:
            return;
        case login::Want::token:
            look_up();
            return;
        case login::Want::decision:
            state_ = State::proved;
            if (needs_.plugins != nullptr) {
                needs_.plugins->call_login_plugins(handshake_->agreed(),
                                                   handshake_->token().name);  // the admission follows
            } else {
                admit();
            }
            return;
        case login::Want::nothing:
            return;
        case login::Want::close:
            break;
    }
    const login::HandshakeFailure& failure = handshake_->failure();
    count_wrong_token();
    was_refused_ = true;
    report_unauthenticated(needs_.at, "a login was refused", failure.code, failure.text, true);
    audit_refused_login(needs_.at, failure.code, failure.text, handshake_.get());
    needs_.end(failure.code, failure.text_for_peer);
}

void SessionLogin::look_up() {
    lookup_ = std::make_unique<TokenLookup>(
        TokenLookup::Needs{needs_.at, needs_.executor, *handshake_, [this](const login::Step& step) {
                               needs_.facts.external = lookup_->token();
                               needs_.facts.proved_by = needs_.at.shared->authenticator->source_kind();
                               lookup_.reset();
                               if (!needs_.has_ended() && needs_.is_authenticating()) {
                                   apply_step(step);
                               }
                           }});
    lookup_->begin();
}

void SessionLogin::admit() {
    SessionFacts& facts = needs_.facts;
    facts.agreement = handshake_->agreed();
    facts.token_name = handshake_->token().name;
    facts.secret = handshake_->secret();
    facts.client = {handshake_->token().id(), facts.agreement.peer_instance};
    if (const auto refusal = needs_.rights.refuse_login()) {
        refuse(*refusal);
        return;
    }
    if (facts.agreement.resume) {
        needs_.resume();
        return;
    }
    auto post =
        needs_.executor.bind([this](const std::optional<directory::Refusal>& refusal) { on_admitted(refusal); });
    directory::admit_with_takeover(needs_.at.shared->registry, info(), needs_.handle(),
                                   [post = std::move(post), shared = needs_.at.shared,
                                    key = facts.key](std::optional<directory::Refusal> refusal) {
                                       const bool is_admitted = !refusal;
                                       if (!post(std::move(refusal)) && is_admitted) {
                                           shared->registry->remove(key);  // the worker has stopped meanwhile
                                       }
                                   });
}

directory::SessionInfo SessionLogin::info() const {
    const SessionFacts& facts = needs_.facts;
    directory::SessionInfo info;
    info.key = facts.key;
    info.token = facts.client.first;
    info.token_name = facts.token_name;
    info.instance = facts.agreement.peer_instance;
    info.epoch = facts.agreement.peer_epoch;
    info.attempt = facts.agreement.peer_attempt;
    info.trunk = facts.agreement.trunk;
    info.agent = facts.agreement.peer_agent;
    info.address = facts.peer.text();
    info.since = needs_.at.worker.now();
    if ((facts.agreement.features & wire::feature::handover) != 0) {
        info.identity = facts.agreement.peer_identity;
        info.replaces = facts.agreement.peer_replaces && !info.identity.empty();
    }
    // The tokens may have changed since the beginning of the login.
    const std::shared_ptr<const login::AcceptedToken> token = needs_.rights.token();
    info.ports = token != nullptr ? token->ports : handshake_->token().ports;
    return info;
}

void SessionLogin::on_admitted(const std::optional<directory::Refusal>& refusal) {
    admitted_ = !refusal;
    if (needs_.has_ended()) {
        leave_registry();
        return;
    }
    if (!needs_.is_authenticating()) {
        return;
    }
    if (refusal) {
        refuse(*refusal);
        return;
    }
    SessionFacts& facts = needs_.facts;
    apply_step(handshake_->welcome("s" + std::to_string(facts.key)));
    facts.agreement = handshake_->agreed();  // including the values of the welcome
    state_ = State::welcome;
    used_ = std::make_unique<UsedSecret>(needs_.at.shared->secrets, *facts.secret, facts.peer.text());
    needs_.welcomed();
    handshake_.reset();
}

void SessionLogin::end_if_unauthenticated() {
    if (!is_proved()) {
        was_evicted_ = true;
        needs_.end(Code::busy, "The server has too many connections that have not logged in.");
    }
}

void SessionLogin::finish() noexcept {
    stop();
    if (const auto over = std::exchange(over_, nullptr)) {
        over(is_welcome());
    }
}

void SessionLogin::leave_registry() noexcept {
    if (std::exchange(admitted_, false)) {
        needs_.at.shared->registry->remove(needs_.facts.key);
    }
}

}  // namespace ferrotunnel::session
