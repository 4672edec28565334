// Logins that plugins decide on, and code shared by all phases. session_plugins_registration.cpp has the registrations,
// visitor_intake.cpp the visitors.
#include "session/session_plugins.hpp"

#include <utility>

#include "base/hex.hpp"
#include "session/public_address.hpp"

namespace ferrotunnel::session {

using hooks::SessionPhase;
using hooks::Step;
using wire::Code;

directory::Refusal refusal_by_plugin(const hooks::SessionRefusal& refusal) {
    if (refusal.failed) {
        return {Code::busy, "The server cannot decide this at the moment. Try again later."};
    }
    return {Code::forbidden, refusal.words.empty() ? "The server's rules do not allow it." : refusal.words};
}

void log_plugin_refusal(Logger& log, TimePoint now, std::string_view what, const hooks::SessionRefusal& refusal,
                        const std::string& from, std::string_view service) {
    static constexpr LogCategory refusals{"refused_by_plugins", limits::client_lines_per_second};
    if (log.may_write(LogLevel::info, refusals, now)) {
        log.info("a plugin refused", {{"what", what},
                                      {"plugin", refusal.plugin},
                                      {"from", from},
                                      {"service", service},
                                      {"why", refusal.failed ? "it failed" : refusal.words}});
    }
}

SessionPlugins::SessionPlugins(const SessionContext& at, const SessionExecutor& executor, Needs needs)
    : at_(at), executor_(executor), needs_(std::move(needs)), hooks_(at_.shared->hooks) {}

std::shared_ptr<const hooks::ClientFacts> SessionPlugins::client() {
    if (!client_) {
        client_ = client_of(at_.facts.agreement, at_.facts.token_name);
    }
    return client_;
}

std::shared_ptr<const hooks::ClientFacts> SessionPlugins::client_of(const login::Agreement& agreed,
                                                                    const std::string& token_name) const {
    hooks::ClientFacts facts;
    facts.instance = to_hex(agreed.peer_instance);
    facts.name = agreed.peer_name;
    facts.token = token_name;
    facts.agent = agreed.peer_agent;
    facts.address = at_.facts.peer.ip();
    facts.port = at_.facts.peer.port();
    facts.version = agreed.version;
    facts.trunk = agreed.trunk;
    facts.trunks = agreed.trunks;
    facts.metadata.assign(agreed.peer_metadata.begin(), agreed.peer_metadata.end());
    return std::make_shared<const hooks::ClientFacts>(std::move(facts));
}

// --- the login ---

void SessionPlugins::call_login_plugins(const login::Agreement& agreed, const std::string& token_name) {
    if (!hooks_->wants(SessionPhase::login)) {
        needs_.admit();
        return;
    }
    client_ = client_of(agreed, token_name);
    hooks::Subject subject;
    subject.client = client_;
    login_ = std::make_unique<PluginCall>(at_.worker, *hooks_, SessionPhase::login, std::move(subject));
    const Step step = login_->ask([this](Step later) { executor_.run([&] { login_decided(later); }); });
    if (step != Step::wait) {
        login_decided(step);
    }
}

void SessionPlugins::login_decided(Step step) {
    const std::unique_ptr<PluginCall> call = std::move(login_);
    if (!needs_.in_login()) {
        return;  // the end follows
    }
    if (step == Step::answer) {
        const hooks::SessionRefusal refusal = call->run()->take_refusal();
        log_plugin_refusal(*at_.shared->log, at_.worker.now(), "a login", refusal, at_.facts.peer.text(), {});
        needs_.refuse_login(refusal_by_plugin(refusal));
        return;
    }
    login_notes_ = call->run() != nullptr ? call->run()->take_amendments().notes : nullptr;
    needs_.admit();
}

// --- facts about visitors ---

hooks::Subject SessionPlugins::about_visitors_of(const SessionService& service) {
    auto& facts = visited_[service.description.id];
    if (!facts) {
        hooks::ServiceFacts made;
        made.name = service.description.name;
        made.kind = login::name_of(service.description.kind);
        made.port = service.http ? public_place_of(*at_.shared, service.http->description()).port : service.port();
        facts = std::make_shared<const hooks::ServiceFacts>(std::move(made));
    }
    hooks::Subject subject;
    subject.client = client();
    subject.service = facts;
    subject.notes = notes_of(service.description.id);
    return subject;
}

}  // namespace ferrotunnel::session
