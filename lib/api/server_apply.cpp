// Changes of a Server while it runs: other settings, other tokens, other plugins. Everything is checked first, and what
// can still fail then comes before anything that cannot be taken back.
#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "api/builder_access.hpp"
#include "api/engine_settings.hpp"
#include "api/make_facade.hpp"
#include "api/server_impl.hpp"
#include "api/server_tokens.hpp"
#include "api/tls_settings.hpp"
#include "api/trace_target.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/config.hpp"
#include "plugin/control_call.hpp"
#include "runtime/turns.hpp"
#include "settings/guarded_services.hpp"

namespace ferrotunnel {

using detail::NamedToken;
using detail::ServerSettings;
using Kind = ApplyReport::Change::Kind;

namespace {

constexpr const char* mixed_text = " (with what stays as it is until a restart)";

class TokensByName {
public:
    explicit TokensByName(const std::vector<NamedToken>& tokens) {
        for (const NamedToken& token : tokens) {
            tokens_.emplace(token.name, &token);
        }
    }
    /// Null: there is none.
    const NamedToken* find(const std::string& name) const {
        const auto found = tokens_.find(name);
        return found != tokens_.end() ? found->second : nullptr;
    }

private:
    std::unordered_map<std::string_view, const NamedToken*> tokens_;
};

// Tells of each token what has become of it. Only their order has changed where there is nothing to tell.
void tell_tokens(const std::vector<NamedToken>& before, const std::vector<NamedToken>& now, ApplyReport& report) {
    const TokensByName by_name_now(now);
    for (const NamedToken& token : before) {
        if (by_name_now.find(token.name) == nullptr) {
            report.applied.push_back({Kind::removed, "server.token", token.name});
        }
    }
    const TokensByName by_name_before(before);
    for (const NamedToken& token : now) {
        const NamedToken* known = by_name_before.find(token.name);
        if (known == nullptr || *known != token) {
            report.applied.push_back({known == nullptr ? Kind::added : Kind::changed, "server.token", token.name});
        }
    }
}

void tell_same_tokens(const std::vector<NamedToken>& before, const std::vector<NamedToken>& now, ApplyReport& report) {
    const TokensByName by_name_before(before);
    for (const NamedToken& token : now) {
        const NamedToken* known = by_name_before.find(token.name);
        if (known != nullptr && *known == token) {
            report.same.push_back("server.token " + token.name);
        }
    }
}

void tell_changes(const std::vector<detail::SettingChange>& changes, const ServerSettings& before,
                  const ServerSettings& now, ApplyReport& report) {
    for (const detail::SettingChange& change : changes) {
        if (change.key == "server.token") {
            tell_tokens(before.tokens, now.tokens, report);
        } else if (change.is_live) {
            report.applied.push_back({Kind::changed, change.key});
        } else if (std::ranges::find(report.needs_restart, change.key) == report.needs_restart.end()) {
            report.needs_restart.push_back(change.key);
        }
    }
}

bool any_live(const std::vector<detail::SettingChange>& changes) {
    return std::any_of(changes.begin(), changes.end(), [](const auto& change) { return change.is_live; });
}

bool any_changed(const std::vector<detail::SettingChange>& changes, std::initializer_list<std::string_view> keys) {
    return std::ranges::any_of(keys, [&](std::string_view key) { return detail::has_changed(changes, key); });
}

bool any_below(const std::vector<detail::SettingChange>& changes, std::string_view group) {
    return std::ranges::any_of(changes, [&](const auto& change) { return change.key.starts_with(group); });
}

bool certificates_changed(const std::vector<detail::SettingChange>& changes) {
    return any_changed(changes, {"server.https.certificates", "server.https.folders", "server.https.fallback"});
}

// What handshakes are made with, beside the certificates.
bool handshakes_changed(const std::vector<detail::SettingChange>& changes) {
    return any_changed(changes, {"server.https.grade", "server.https.client_certificates", "server.https.http2",
                                 "server.https.reload_interval"});
}

ApplyReport refused(std::string key, std::string text) {
    ApplyReport report;
    report.problems.push_back({std::move(key), std::move(text)});
    return report;
}

}  // namespace

void Server::Impl::refuse_in_callbacks(const char* what) const {
    const bool on_own_worker = group_->on_a_worker() && group_->at(0).owns_thread();
    if (on_own_worker || log_.here() || plugin::ControlCall::here()) {
        throw std::system_error(errc::would_deadlock, what);
    }
}

Server::Impl::Change::Change(Impl& server, const char* what)
    : lock_((server.refuse_in_callbacks(what), server.apply_mutex_)) {
    if (server.lifecycle_.stopping()) {
        throw std::system_error(errc::not_running, "the server has been stopped");
    }
}

void Server::Impl::set_plugins(std::vector<PluginUse> plugins) {
    const Change change(*this, "change the plugins");
    std::vector<detail::PluginSpec> specs;
    for (PluginUse& use : plugins) {
        specs.push_back({std::move(use), {}});
    }
    if (std::vector<Problem> problems = plugins_.set(specs, settings_.client_plugins); !problems.empty()) {
        throw config_error(std::move(problems));
    }
    settings_.plugins = std::move(specs);
}

ApplyReport Server::Impl::apply(ServerSettings&& next) {
    const Change change(*this, "apply settings");
    return apply_locked(std::move(next));
}

ApplyReport Server::Impl::add_token(NamedToken token) {
    const Change change(*this, "add a token");
    const bool is_taken =
        std::ranges::any_of(settings_.tokens, [&](const auto& one) { return one.name == token.name; });
    if (token.name.empty() || is_taken) {
        return refused("token", token.name.empty() ? "needs a name" : "two tokens have the name \"" + token.name + '"');
    }
    ServerSettings next = settings_;
    next.tokens.push_back(std::move(token));
    return apply_locked(std::move(next));
}

ApplyReport Server::Impl::remove_token(const std::string& name) {
    const Change change(*this, "remove a token");
    ServerSettings next = settings_;
    if (std::erase_if(next.tokens, [&](const NamedToken& one) { return one.name == name; }) == 0) {
        return refused("token", "no token has the name \"" + name + '"');
    }
    return apply_locked(std::move(next));
}

// Checks the settings, and finds out what applying them means.
Server::Impl::Compared Server::Impl::compared(ServerSettings&& next) const {
    Compared all;
    ApplyReport& report = all.report;
    report.problems = detail::problems_of(next);
    if (!report.ok()) {
        return all;
    }
    all.changes = detail::changes_between<detail::ServerValues>("server", settings_, next);
    detail::try_tls(next, report.problems);
    if (certificates_changed(all.changes) || handshakes_changed(all.changes)) {
        detail::try_https(next, report.problems);
    }
    if (any_below(all.changes, "server.traces.")) {
        detail::try_traces(next, report.problems);
    }
    // What will run is neither the one nor the other where something needs a restart.
    all.mixed = settings_;
    detail::take_live<detail::ServerValues>(all.mixed, next);
    if (settings_.https_bind.empty()) {  // nothing is there that could take them
        all.mixed.https = settings_.https;
        for (detail::SettingChange& change : all.changes) {
            change.is_live = change.is_live && !change.key.starts_with("server.https.");
        }
    }
    all.mixed.origins = next.origins;
    if (report.ok()) {
        report.problems = detail::problems_of(all.mixed);
        for (Problem& problem : report.problems) {
            problem.text += mixed_text;
        }
    }
    if (report.ok()) {
        tell_changes(all.changes, settings_, all.mixed, report);
        tell_same_tokens(settings_.tokens, all.mixed.tokens, report);
    }
    return all;
}

ApplyReport Server::Impl::check(ServerSettings&& next) {
    const MutexLock lock(apply_mutex_);
    return compared(std::move(next)).report;
}

ApplyReport Server::Impl::apply_locked(ServerSettings&& next) {
    Compared all = compared(std::move(next));
    Made made;
    if (all.report.ok() && make(all.mixed, all.changes, made, all.report) &&
        any_changed(all.changes, {"server.plugins", "server.plugins.clients"})) {
        if (std::vector<Problem> problems = plugins_.set(all.mixed.plugins, all.mixed.client_plugins);
            !problems.empty()) {
            all.report = {};
            all.report.problems = std::move(problems);
        }
    }
    if (!all.report.ok()) {
        detail::locate(all.report.problems, all.mixed);
    } else if (any_live(all.changes) || made.tls) {
        take_settings(std::move(all.mixed), all.changes, std::move(made));
    }
    return std::move(all.report);
}

// Makes what is to replace something that runs. False: it cannot be made, and the report says why.
bool Server::Impl::make(const ServerSettings& next, const std::vector<detail::SettingChange>& changes, Made& made,
                        ApplyReport& report) {
    const bool is_named = any_changed(changes, {"server.tls_cert", "server.tls_key"});
    try {
        if (next.tls && (is_named || !next.tls_chain.empty())) {
            made.tls = detail::make_tls(next);
        }
        if (certificates_ && handshakes_changed(changes)) {
            made.certificates = std::make_unique<detail::HttpsCertificates>(next.https, log_);
        }
    } catch (const config_error& error) {
        report = {};
        report.problems = error.problems();
    } catch (const transport::TlsConfigError& error) {
        report = {};
        report.problems.push_back({"https", error.what()});
    }
    if (made.tls && !is_named && made.tls->shows_the_same(*shared_->tls.get())) {
        made.tls.reset();
    } else if (made.tls && !is_named) {
        report.applied.push_back({Kind::changed, "server.tls_cert"});  // the file has another one
    }
    if (report.ok() && any_below(changes, "server.traces.")) {
        try {
            made.traces = detail::make_trace_target(next.traces);
        } catch (const transport::TlsConfigError& error) {
            report = refused("traces.ca", error.what());
        }
    }
    if (report.ok() && http_ && !next.access_log.empty() && any_changed(changes, {"server.access_log"})) {
        std::error_code error;
        made.access_log = observe::AccessSink::open(next.access_log, error);
        if (error) {
            report = refused("access_log", "cannot open " + next.access_log + ": " + error.message());
        }
    }
    return report.ok();
}

// Nothing of this fails but for want of memory.
void Server::Impl::take_settings(ServerSettings&& next, const std::vector<detail::SettingChange>& changes, Made made) {
    settings_ = std::move(next);
    log_.set_level(settings_.log_level);
    if (made.tls) {
        shared_->tls = std::move(made.tls);
    }
    if (made.certificates) {
        *visitor_tls_ = made.certificates->tls();
        certificates_ = std::move(made.certificates);
        certificates_->watch();
    } else if (certificates_ && certificates_changed(changes)) {
        certificates_->set(settings_.https);
    }
    if (detail::has_changed(changes, "server.https.handshakes_per_second")) {
        *handshakes_ = handshake_rate();
    }
    if (any_changed(changes, {"server.ssh_service", "server.silent_service"})) {
        take_named();
    }
    if (made.access_log) {
        access_log_.write_to(std::move(*made.access_log));
    }
    if (any_below(changes, "server.traces.")) {
        traces_.send_to(std::move(made.traces));
    }
    if (any_below(changes, "server.http.") || any_below(changes, "server.https.") ||
        any_below(changes, "server.access_log") || any_below(changes, "server.traces.")) {
        shared_->http_bounds = detail::http_bounds(settings_.http);
        if (http_) {
            http_->set_rules(edge_rules());
        }
    }
    if (detail::has_changed(changes, "server.hold")) {
        shared_->ports->set_hold(settings_.hold);
    }
    if (detail::has_changed(changes, "server.services")) {
        take_service_tokens();
        for_each_session([](session::ServerSession& session) { session.look_at_rights(); });
    }
    if (any_changed(changes,
                    {"server.token", "server.allow_ports", "server.connections_per_token", "server.ports_per_token"})) {
        take_tokens();
    }
}

// Makes the present tokens, their rights and their quotas those of the engine, and holds every session to them.
void Server::Impl::take_tokens() {
    const login::AcceptedTokens tokens = detail::accepted_tokens(settings_, shared_->tokens.get(), random_);
    const directory::Registry::Settings quotas = detail::quotas_of(settings_);
    const auto rules = std::make_shared<const directory::RightRules>(*tokens, shared_->domain);
    shared_->tokens = tokens;
    shared_->registry->set_quotas(quotas.sessions_per_token_max, quotas.ports_per_token_max);
    shared_->registry->set_ports(tokens->front().ports);
    shared_->registry->set_rules(rules);
    shared_->ports->set_most_of_token(quotas.ports_per_token_max);
    shared_->http->set_rules(rules);
    shared_->shapes->take_rules(*shared_->registry, Clock::now());
    shared_->token_use->forget_owners([&rules](const login::TokenId& token) { return rules->knows(token); });
    shared_->secrets->forget([this](const login::TokenId& secret) { return shared_->tokens.find(secret) != nullptr; });
    shared_->memory->set_tokens(tokens->size());
    name_claims();
    for_each_session([](session::ServerSession& session) { session.look_at_rights(); });
    for (std::size_t i = 0; i < group_->size(); ++i) {
        group_->at(i).post([&worker = group_->at(i)]() { worker.turns().ask_again(); });
    }
    group_->at(0).post([this]() noexcept {
        if (expiry_) {
            expiry_->look();
        }
    });
}

void Server::Impl::take_service_tokens() {
    directory::ServiceTokens tokens = detail::engine_service_tokens(settings_.guarded_services);
    shared_->service_tokens =
        tokens.empty() ? nullptr : std::make_shared<const directory::ServiceTokens>(std::move(tokens));
}

void Server::Impl::name_claims() {
    if (claims_) {
        claims_->set_names(detail::renamed_tokens(shared_->tokens.get()));
    }
}

// --- the facade ---

void Server::reopen_access_log() {
    detail::engine_of(impl_, "Server").reopen_access_log();
}

void Server::set_plugins(std::vector<PluginUse> plugins) {
    detail::engine_of(impl_, "Server").set_plugins(std::move(plugins));
}

ApplyReport Server::apply(Builder builder) {
    return detail::engine_of(impl_, "Server").apply(std::move(detail::BuilderAccess::settings_of(builder)));
}

ApplyReport Server::apply(const Config& config) {
    return apply(config.server());
}

ApplyReport Server::check(const Builder& builder) const {
    ServerSettings settings = detail::BuilderAccess::settings_of(builder);
    return detail::engine_of(impl_, "Server").check(std::move(settings));
}

ApplyReport Server::add_token(Secret token, std::string name, Rights rights, Secret also) {
    return detail::engine_of(impl_, "Server")
        .add_token({std::move(token), std::move(name), std::move(rights), std::move(also)});
}

ApplyReport Server::remove_token(const std::string& name) {
    return detail::engine_of(impl_, "Server").remove_token(name);
}

}  // namespace ferrotunnel
