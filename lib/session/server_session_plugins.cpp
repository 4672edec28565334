// Logins that plugins decide on, and what all phases have in common. server_session_asked.cpp has the registrations,
// server_session_visits.cpp the visitors.
#include "session/server_session_plugins.hpp"

#include <utility>

#include "base/hex.hpp"
#include "base/text.hpp"

namespace ferrotunnel::session {

using hooks::SessionPhase;
using hooks::Step;
using wire::Code;

directory::Refusal refusal_by_plugin(const hooks::SessionRefusal& refusal) {
    if (refusal.failed) {
        return {Code::busy, "The server can not decide on this at the moment. Trying later may work."};
    }
    return {Code::forbidden, refusal.words.empty() ? "The server's rules do not allow it." : refusal.words};
}

void tell_refused_by_plugin(Logger& log, TimePoint now, std::string_view what, const hooks::SessionRefusal& refusal,
                            const std::string& from, std::string_view service) {
    static constexpr LineKind refusals{"refused_by_plugins", limits::client_lines_per_second};
    if (log.may_write(LogLevel::info, refusals, now)) {
        log.info("a plugin has refused", {{"what", what},
                                          {"plugin", refusal.plugin},
                                          {"from", from},
                                          {"service", service},
                                          {"why", refusal.failed ? "it has failed" : refusal.words}});
    }
}

std::shared_ptr<const hooks::ClientFacts> ServerSession::Plugins::client() {
    if (!client_) {
        const bool in_login = session_.handshake_ != nullptr;
        const login::Agreement& agreed = in_login ? session_.handshake_->agreed() : session_.agreement_;
        hooks::ClientFacts facts;
        facts.instance = to_hex(agreed.peer_instance);
        facts.name = agreed.peer_name;
        facts.token = in_login ? session_.handshake_->token().name : session_.token_name_;
        facts.agent = agreed.peer_agent;
        facts.address = session_.peer_.ip();
        facts.port = session_.peer_.port();
        facts.version = agreed.version;
        facts.trunk = agreed.trunk;
        facts.trunks = agreed.trunks;
        client_ = std::make_shared<const hooks::ClientFacts>(std::move(facts));
    }
    return client_;
}

// --- the login ---

void ServerSession::Plugins::ask_login() {
    if (!hooks_->wants(SessionPhase::login)) {
        session_.ask_admission();
        return;
    }
    hooks::Subject subject;
    subject.client = client();
    login_ = std::make_unique<PluginQuestion>(session_.worker_, *hooks_, SessionPhase::login, std::move(subject));
    const Step step = login_->ask([this](Step later) { session_.guarded([&] { login_decided(later); }); });
    if (step != Step::wait) {
        login_decided(step);
    }
}

void ServerSession::Plugins::login_decided(Step step) {
    const std::unique_ptr<PluginQuestion> question = std::move(login_);
    if (session_.ended_ || session_.trunk_->session().state() != mux::SessionState::authenticating) {
        return;  // the end follows
    }
    if (step == Step::answer) {
        const hooks::SessionRefusal refusal = question->run()->take_refusal();
        tell_refused_by_plugin(*session_.shared_->log, session_.worker_.now(), "a login", refusal,
                               session_.peer_.text(), {});
        const directory::Refusal why = refusal_by_plugin(refusal);
        session_.take_step(session_.handshake_->refuse(why.code, why.text));
        return;
    }
    login_notes_ = question->run() != nullptr ? question->run()->take_amendments().notes : nullptr;
    session_.ask_admission();
}

// --- what visitors are told apart by ---

hooks::Subject ServerSession::Plugins::about_visitors_of(std::uint32_t id) {
    auto& facts = visited_[id];
    if (!facts) {
        const Service& service = session_.services_.at(id);
        hooks::ServiceFacts made;
        made.name = service.description.name;
        made.kind = login::name_of(service.description.kind);
        made.port = service.http ? session_.public_place_of(service.http->description()).port : service.port();
        facts = std::make_shared<const hooks::ServiceFacts>(std::move(made));
    }
    hooks::Subject subject;
    subject.client = client();
    subject.service = facts;
    subject.notes = notes_of(id);
    return subject;
}

}  // namespace ferrotunnel::session
