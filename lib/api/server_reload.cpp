#include "api/server_reload.hpp"

#include <algorithm>
#include <utility>

#include "api/audit_acts.hpp"
#include "api/engine_settings.hpp"
#include "api/server_tokens.hpp"
#include "api/tls_settings.hpp"
#include "api/trace_target.hpp"
#include "plugin/control_call.hpp"

namespace ferrotunnel::detail {

ServerReload::ServerReload(ServerSettings&& settings, Needs needs)
    : needs_(std::move(needs)),
      tokens_(settings, {needs_.workers, needs_.shared, needs_.log, needs_.random, needs_.sessions, needs_.state,
                         needs_.upkeep, needs_.shared_rights}),
      shared_tokens_({needs_.workers, needs_.shared, needs_.log, needs_.random, tokens_, needs_.shared_rights}),
      settings_(std::move(settings)) {}

ServerReload::Change::Change(ServerReload& reload, const char* what)
    : lock_((reload.refuse_in_callbacks(what), reload.mutex_)) {
    if (reload.needs_.lifecycle.stopping()) {
        throw std::system_error(errc::not_running, "the server has been stopped");
    }
}

void ServerReload::refuse_in_callbacks(const char* what) const {
    const bool on_own_worker = needs_.workers.on_a_worker() && needs_.workers.at(0).owns_thread();
    if (on_own_worker || needs_.log.here() || plugin::ControlCall::here()) {
        throw std::system_error(errc::would_deadlock, what);
    }
}

std::error_code ServerReload::start(const std::function<std::error_code(const ServerSettings&)>& open) {
    const MutexLock lock(mutex_);
    return open(settings_);
}

void ServerReload::set_plugins(std::vector<PluginUse> plugins) {
    const Change change(*this, "change the plugins");
    std::vector<PluginSpec> specs;
    for (PluginUse& use : plugins) {
        specs.push_back({std::move(use), {}});
    }
    if (std::vector<Problem> problems = needs_.plugins.set(specs, settings_.client_plugins); !problems.empty()) {
        throw config_error(std::move(problems));
    }
    settings_.plugins = std::move(specs);
}

ApplyReport ServerReload::apply(ServerSettings&& next) {
    const Change change(*this, "apply settings");
    return this->change(std::move(next));
}

ApplyReport ServerReload::check(ServerSettings&& next) {
    const MutexLock lock(mutex_);
    return compare_settings(settings_, std::move(next)).report;
}

ApplyReport ServerReload::recorded(ApplyReport report) const {
    audit_change(needs_.shared->audit.get(), report);
    return report;
}

ApplyReport ServerReload::add_token(NamedToken token) {
    const Change change(*this, "add a token");
    const bool is_taken =
        std::ranges::any_of(settings_.tokens, [&](const auto& one) { return one.name == token.name; });
    if (token.name.empty() || is_taken) {
        return recorded(refused_report(
            "token", token.name.empty() ? "needs a name" : "two tokens have the name \"" + token.name + '"'));
    }
    ServerSettings next = settings_;
    next.tokens.push_back(std::move(token));
    return this->change(std::move(next));
}

ApplyReport ServerReload::remove_token(const std::string& name) {
    const Change change(*this, "remove a token");
    ServerSettings next = settings_;
    if (std::erase_if(next.tokens, [&](const NamedToken& one) { return one.name == name; }) == 0) {
        return recorded(refused_report("token", "no token has the name \"" + name + '"'));
    }
    return this->change(std::move(next));
}

void ServerReload::reopen_access_log() {
    const MutexLock lock(mutex_);
    needs_.audit.reopen();
    needs_.access_log.reopen();
}

void ServerReload::wait() {
    const MutexLock lock(mutex_);
    tokens_.close();
}

ApplyReport ServerReload::change(ServerSettings&& next) {
    SettingsComparison all = compare_settings(settings_, std::move(next));
    Made made;
    if (all.report.ok() && make(all, made) && all.has_any({"server.plugins", "server.plugins.clients"})) {
        if (std::vector<Problem> problems = needs_.plugins.set(all.mixed.plugins, all.mixed.client_plugins);
            !problems.empty()) {
            all.report = {};
            all.report.problems = std::move(problems);
        }
    }
    ApplyReport report = std::move(all.report);
    if (!report.ok()) {
        locate(report.problems, all.mixed);
    }
    audit::AuditLog* const events = needs_.shared->audit.get();
    const bool was_on = events != nullptr && events->is_on();
    audit_change(events, report);  // before a change that turns the audit log off
    if (!report.ok()) {
        return report;
    }
    if (all.has_live() || made.tls || made.cluster_keys) {
        commit(std::move(all), std::move(made));
    }
    if (!was_on) {
        audit_change(events, report);
    }
    return report;
}

// Creates the replacements for running objects. False if one cannot be created; the report has the reason.
bool ServerReload::make(SettingsComparison& all, Made& made) const {
    const ServerSettings& next = all.mixed;
    ApplyReport& report = all.report;
    const bool is_named = all.has_any({"server.tls_cert", "server.tls_key"});
    try {
        if (next.tls && (is_named || !next.tls_chain.empty())) {
            made.tls = make_tls(next);
        }
        if (needs_.edge.tls().is_open() && all.has_handshakes()) {
            made.certificates = needs_.edge.tls().make(next.https, next.has_acme);
        }
        if (all.has_acme() || all.has_own_authority()) {
            made.issuers = needs_.certificates.make(next);
        }
        made.cluster_keys = needs_.cluster.changed_keys(next);
    } catch (const config_error& error) {
        report = {};
        report.problems = error.problems();
    } catch (const transport::TlsConfigError& error) {
        report = refused_report("https", error.what());
    } catch (const std::system_error& error) {
        report = refused_report(all.has_acme() ? "acme" : "https.self", error.what());
    }
    if (made.tls && !is_named && made.tls->shows_the_same(*needs_.shared->tls.get())) {
        made.tls.reset();
    } else if (made.tls && !is_named) {
        report.applied.push_back({ApplyReport::Change::Kind::changed, "server.tls_cert"});  // the file changed
    }
    if (made.cluster_keys && !all.has("server.cluster.key")) {
        report.applied.push_back({ApplyReport::Change::Kind::changed, "server.cluster.key"});  // likewise
    }
    if (report.ok() && all.has_below("server.traces.")) {
        try {
            made.traces = make_trace_target(next.traces);
        } catch (const transport::TlsConfigError& error) {
            report = refused_report("traces.ca", error.what());
        }
    }
    if (report.ok()) {
        make_logs(all, made);
    }
    return report.ok();
}

void ServerReload::make_logs(SettingsComparison& all, Made& made) const {
    const ServerSettings& next = all.mixed;
    std::error_code error;
    if (needs_.edge.front() != nullptr && !next.access_log.empty() && all.has("server.access_log")) {
        made.access_log = observe::AccessSink::open(next.access_log, error);
        if (error) {
            all.report = refused_report("access_log", "cannot open " + next.access_log + ": " + error.message());
            return;
        }
    }
    if (needs_.lifecycle.started() && !next.audit_log.empty() && all.has("server.audit_log")) {
        std::string why;
        made.audit_log = AuditWriter::sink_at(next.audit_log, error, why);
        if (error) {
            all.report = refused_report("audit_log",
                                        "cannot open " + next.audit_log + ": " + (why.empty() ? error.message() : why));
        }
    }
}

// Fails only if memory runs out.
void ServerReload::commit(SettingsComparison&& all, Made made) {
    settings_ = std::move(all.mixed);
    needs_.log.set_level(settings_.log_level);
    commit_tls(all, made);
    if (all.has_acme() || all.has_own_authority()) {
        needs_.certificates.set(settings_, std::move(made.issuers));
    }
    if (made.cluster_keys) {
        needs_.cluster.set_keys(std::move(made.cluster_keys));
    }
    if (all.has("server.cluster.public")) {
        needs_.cluster.set_public(settings_.cluster.public_address);
    }
    if (all.has("server.cluster.control")) {
        needs_.cluster.allow_control(settings_.cluster.control);
    }
    if (all.has_any({"server.ssh_service", "server.silent_service"})) {
        needs_.sharers.set_services(settings_.ssh_service, settings_.silent_service);
    }
    commit_logs(all, made);
    if (all.has_below("server.traces.")) {
        needs_.traces.send_to(std::move(made.traces));
    }
    if (all.has_below("server.http.") || all.has_below("server.https.") || all.has_below("server.access_log") ||
        all.has_below("server.traces.")) {
        needs_.shared->http_bounds = http_bounds(settings_.http);
        needs_.edge.set_rules(settings_);
    }
    if (all.has("server.hold")) {
        needs_.shared->ports->set_hold(settings_.hold);
    }
    if (all.has("server.services")) {
        needs_.shared->service_tokens = service_tokens_of(settings_);
        needs_.sessions.for_each([](session::ServerSession& session) { session.check_rights(); });
    }
    if (all.has_any({"server.token", "server.allow_ports", "server.connections_per_token", "server.ports_per_token"})) {
        tokens_.set_settings(settings_);
    }
}

void ServerReload::commit_logs(const SettingsComparison& all, Made& made) {
    if (made.access_log) {
        needs_.access_log.write_to(std::move(*made.access_log));
    }
    if (made.audit_log) {
        needs_.audit.write_to(std::move(*made.audit_log));
    } else if (all.has("server.audit_log") && settings_.audit_log.empty()) {
        needs_.audit.turn_off();
    }
}

void ServerReload::commit_tls(const SettingsComparison& all, Made& made) {
    EdgeTls& edge = needs_.edge.tls();
    if (made.tls) {
        needs_.shared->tls = std::move(made.tls);
    }
    if (made.certificates) {
        edge.replace(std::move(made.certificates), settings_.https);
    } else if (edge.is_open() && all.has_certificates()) {
        edge.set_files(settings_.https);
    }
    if (all.has_certificates() && !settings_.https.by_host.empty()) {
        needs_.certificates.report_hosts();
    }
    if (all.has("server.https.handshakes_per_second")) {
        edge.set_rate(settings_.https);
    }
}

}  // namespace ferrotunnel::detail
