#include "api/server_comparison.hpp"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "api/https_certificates.hpp"
#include "api/tls_settings.hpp"
#include "api/trace_target.hpp"

namespace ferrotunnel::detail {

using ChangeKind = ApplyReport::Change::Kind;

namespace {

constexpr const char* mixed_text = " (including values that need a restart)";

class TokensByName {
public:
    explicit TokensByName(const std::vector<NamedToken>& tokens) {
        for (const NamedToken& token : tokens) {
            tokens_.emplace(token.name, &token);
        }
    }
    /// Null if there is none.
    const NamedToken* find(const std::string& name) const {
        const auto found = tokens_.find(name);
        return found != tokens_.end() ? found->second : nullptr;
    }

private:
    std::unordered_map<std::string_view, const NamedToken*> tokens_;
};

// Reports the change of each token. If nothing is reported, only their order has changed.
void report_tokens(const std::vector<NamedToken>& before, const std::vector<NamedToken>& now, ApplyReport& report) {
    const TokensByName by_name_now(now);
    for (const NamedToken& token : before) {
        if (by_name_now.find(token.name) == nullptr) {
            report.applied.push_back({ChangeKind::removed, "server.token", token.name});
        }
    }
    const TokensByName by_name_before(before);
    for (const NamedToken& token : now) {
        const NamedToken* known = by_name_before.find(token.name);
        if (known == nullptr || *known != token) {
            report.applied.push_back(
                {known == nullptr ? ChangeKind::added : ChangeKind::changed, "server.token", token.name});
        }
    }
}

void report_same_tokens(const std::vector<NamedToken>& before, const std::vector<NamedToken>& now,
                        ApplyReport& report) {
    const TokensByName by_name_before(before);
    for (const NamedToken& token : now) {
        const NamedToken* known = by_name_before.find(token.name);
        if (known != nullptr && *known == token) {
            report.same.push_back("server.token " + token.name);
        }
    }
}

void report_changes(const std::vector<SettingChange>& changes, const ServerSettings& before, const ServerSettings& now,
                    ApplyReport& report) {
    for (const SettingChange& change : changes) {
        if (change.key == "server.token") {
            report_tokens(before.tokens, now.tokens, report);
        } else if (change.is_live) {
            report.applied.push_back({ChangeKind::changed, change.key});
        } else if (std::ranges::find(report.needs_restart, change.key) == report.needs_restart.end()) {
            report.needs_restart.push_back(change.key);
        }
    }
}

}  // namespace

bool SettingsComparison::has_any(std::initializer_list<std::string_view> keys) const {
    return std::ranges::any_of(keys, [this](std::string_view key) { return has(key); });
}

bool SettingsComparison::has_below(std::string_view group) const {
    return std::ranges::any_of(changes, [&](const auto& change) { return change.key.starts_with(group); });
}

bool SettingsComparison::has_live() const {
    return std::ranges::any_of(changes, [](const auto& change) { return change.is_live; });
}

bool SettingsComparison::has_certificates() const {
    return has_any({"server.https.certificates", "server.https.folders", "server.https.fallback"});
}

bool SettingsComparison::has_handshakes() const {
    return has_any({"server.https.grade", "server.https.client_certificates", "server.https.http2",
                    "server.https.reload_interval"});
}

bool SettingsComparison::has_acme() const {
    return has("server.acme") || has_below("server.acme.");
}

bool SettingsComparison::has_own_authority() const {
    return has_any({"server.https.self", "server.https.self_names"});
}

SettingsComparison compare_settings(const ServerSettings& present, ServerSettings&& next) {
    SettingsComparison all;
    ApplyReport& report = all.report;
    next.authenticate = present.authenticate;
    report.problems = problems_of(next);
    if (!report.ok()) {
        return all;
    }
    all.changes = changes_between<ServerValues>("server", present, next);
    try_tls(next, report.problems);
    if (all.has_certificates() || all.has_handshakes()) {
        try_https(next, report.problems);
    }
    if (all.has_below("server.traces.")) {
        try_traces(next, report.problems);
    }
    // If a setting needs a restart, the settings that will run are neither the old nor the new ones.
    all.mixed = present;
    copy_live<ServerValues>(all.mixed, next);
    if (present.https_bind.empty()) {  // there is no listener that could use them
        all.mixed.https = present.https;
        all.mixed.acme = present.acme;
        all.mixed.has_acme = present.has_acme;
        for (SettingChange& change : all.changes) {
            change.is_live =
                change.is_live && !change.key.starts_with("server.https.") && !change.key.starts_with("server.acme");
        }
    }
    if (present.has_cluster != next.has_cluster) {
        all.mixed.cluster = present.cluster;
        for (SettingChange& change : all.changes) {
            change.is_live = change.is_live && !change.key.starts_with("server.cluster");
        }
    }
    all.mixed.origins = next.origins;
    if (report.ok()) {
        report.problems = problems_of(all.mixed);
        for (Problem& problem : report.problems) {
            problem.text += mixed_text;
        }
    }
    if (report.ok()) {
        report_changes(all.changes, present, all.mixed, report);
        report_same_tokens(present.tokens, all.mixed.tokens, report);
    }
    return all;
}

ApplyReport refused_report(std::string key, std::string text) {
    ApplyReport report;
    report.problems.push_back({std::move(key), std::move(text)});
    return report;
}

}  // namespace ferrotunnel::detail
