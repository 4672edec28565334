#include "hooks/hooks.hpp"

#include <algorithm>
#include <utility>

#include "hooks/settings.hpp"

namespace ferrotunnel::plugins {
namespace {

std::chrono::milliseconds time_in(const plugin::Settings& settings, plugin::Text key) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::nanoseconds(settings.integer(key).value_or(0)));
}

}  // namespace

using plugin::Decision;
using plugin::LaterOf;
using plugin::Login;
using plugin::Registration;
using plugin::Settings;
using plugin::TokenQuery;
using plugin::TokenReply;
using plugin::Visitor;
using plugin::VisitOutcome;

void Hooks::check(const Settings& settings) {
    check_hooks(settings);
}

Hooks::Hooks(const Settings& settings)
    : token_cache_(time_in(settings, "token_cache")),
      token_stale_(time_in(settings, "token_stale")),
      logins_(std::chrono::nanoseconds(settings.integer("login_window").value_or(0))),
      endpoint_(endpoint_options(settings), [this](Level level, const std::string& line) { log(level, line); }),
      closes_(endpoint_, static_cast<std::size_t>(settings.integer("close_queue").value_or(1)),
              [this](Level level, const std::string& line) { log(level, line); }) {
    for (const Event event : {Event::login, Event::registration, Event::connect, Event::close, Event::authenticate}) {
        wanted_[static_cast<std::size_t>(event)] = names_event(settings, event);
    }
}

void Hooks::stop() {
    constexpr std::chrono::milliseconds most{5'000};  // the end of the server is not delayed longer
    closes_.drain(std::min(endpoint_.timeout(), most));
    endpoint_.stop();
}

// The tunnel connections of a client log in within moments of each other, and again when they were lost: the endpoint
// decides once for the client.
Decision Hooks::on_login(Login& login) {
    if (!wants(Event::login)) {
        return Decision::go_on();
    }
    const std::string key = LoginTable::key_of(login);
    if (const auto decision = logins_.known(key, plugin::clock_now())) {
        return decided(login, *decision);
    }
    const std::string body = body_of(login, ids_.next());
    const Share share = share_of(Event::login, login);
    return login.later([&](LaterOf<Login> later) { ask_login(share, std::move(later), key, body); });
}

void Hooks::ask_login(Share share, LaterOf<Login> later, const std::string& key, const std::string& body) {
    const auto decide = [this](LaterOf<Login> handle, const EndpointDecision& decision) {
        std::move(handle).resume([this, decision](Login& login) { return decided(login, decision); });
    };
    const LoginTable::JoinResult turn = logins_.join(key, later, plugin::clock_now());
    if (turn == LoginTable::JoinResult::first) {
        endpoint_.ask(share, Event::login, body, [this, decide, key](const EndpointDecision& decision) {
            for (LaterOf<Login>& handle : logins_.finish(key, decision, plugin::clock_now())) {
                decide(std::move(handle), decision);
            }
        });
    } else if (turn == LoginTable::JoinResult::alone) {
        if (const auto decision = logins_.known(key, plugin::clock_now())) {
            decide(std::move(later), *decision);  // accepted since on_login() checked
        } else {
            ask_about(share, Event::login, body, std::move(later));
        }
    }
}

template <typename Subject>
void Hooks::ask_about(Share share, Event event, const std::string& body, LaterOf<Subject> later) {
    auto shared = std::make_shared<LaterOf<Subject>>(std::move(later));
    endpoint_.ask(share, event, body, [this, shared](const EndpointDecision& decision) {
        std::move(*shared).resume([this, decision](Subject& subject) { return decided(subject, decision); });
    });
}

Decision Hooks::on_register(Registration& wanted) {
    if (!wants(Event::registration)) {
        return Decision::go_on();
    }
    const std::string body = body_of(wanted, ids_.next());
    const Share share = share_of(Event::registration, wanted);
    return wanted.later(
        [&](LaterOf<Registration> later) { ask_about(share, Event::registration, body, std::move(later)); });
}

Decision Hooks::on_connect(Visitor& visit) {
    if (wants(Event::close)) {
        visit.state<VisitState>().id = ids_.next();
    }
    if (!wants(Event::connect)) {
        return Decision::go_on();
    }
    const std::string id = ids_.next();
    const std::string body = body_of(visit, id, wants(Event::close) ? visit.state<VisitState>().id : id);
    const Share share = share_of(Event::connect, visit);
    return visit.later([&](LaterOf<Visitor> later) { ask_about(share, Event::connect, body, std::move(later)); });
}

void Hooks::on_visit_close(Visitor& visit, const VisitOutcome& outcome) {
    if (wants(Event::close)) {
        closes_.add(share_of(Event::close, visit), body_of(visit, ids_.next(), visit.state<VisitState>(), outcome));
    }
}

// Clients that have proved nothing share one group, in which networks take turns.
void Hooks::on_token(const TokenQuery& query, TokenReply reply) {
    const Share share = shares_.of(name_of(Event::authenticate), {}, query.address);
    const auto shared = std::make_shared<TokenReply>(std::move(reply));
    endpoint_.look_up(share, body_of(query, ids_.next()), [this, shared](const TokenDecision& decision) {
        if (!decision.fault.empty()) {
            std::move(*shared).fail("the endpoint has not decided: " + decision.fault);
        } else if (!decision.accepts) {
            std::move(*shared).refuse();
        } else {
            std::move(*shared).accept({.secret = decision.secret,
                                       .name = decision.name,
                                       .rights = decision.rights,
                                       .cached_for = token_cache_,
                                       .stale_for = token_stale_});
        }
    });
}

template <typename Subject>
Decision Hooks::amended(Subject& subject, const EndpointDecision& decision) {
    if (!decision.fault.empty()) {
        return Decision::fail();
    }
    if (!decision.accepts) {
        return Decision::refuse(decision.reason);
    }
    if (!amend(subject, decision)) {
        endpoint_.log_failure("the server does not accept its hosts, limits or notes");
        return Decision::fail();
    }
    return Decision::go_on();
}

Decision Hooks::decided(Login& login, const EndpointDecision& decision) {
    return amended(login, decision);
}

Decision Hooks::decided(Registration& wanted, const EndpointDecision& decision) {
    return amended(wanted, decision);
}

Decision Hooks::decided(Visitor& visit, const EndpointDecision& decision) {
    const std::string& error = decision.fault.empty() ? decision.reason : decision.fault;
    if (!error.empty() && wants(Event::close)) {
        visit.state<VisitState>().error = error;
    }
    return amended(visit, decision);
}

}  // namespace ferrotunnel::plugins
