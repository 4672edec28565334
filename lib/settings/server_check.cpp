// Check of a server's settings.
#include <utility>

#include "access/format.hpp"
#include "access/limits.hpp"
#include "base/text.hpp"
#include "login/port_policy.hpp"
#include "login/token.hpp"
#include "settings/acme.hpp"
#include "settings/cluster.hpp"
#include "settings/common.hpp"
#include "settings/dashboard.hpp"
#include "settings/guarded_services.hpp"
#include "settings/http.hpp"
#include "settings/https.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/plugin_scope.hpp"
#include "settings/plugins.hpp"
#include "settings/rights.hpp"
#include "settings/rows.hpp"
#include "settings/settings.hpp"
#include "settings/traces.hpp"

namespace ferrotunnel::detail {
namespace {

void check_server_tls(const ServerSettings& settings, std::vector<Problem>& problems) {
    const bool has_files = !settings.tls_chain.empty() || !settings.tls_key.empty();
    if (!has_files && settings.tls_credential.empty()) {
        return;
    }
    if (!settings.tls) {
        problems.push_back({"tls_certificate", "has no meaning while TLS is off"});
    } else if (!has_files) {
        return;
    } else if (!settings.tls_credential.empty()) {
        problems.push_back({"tls_certificate", "is either files or a credential from memory"});
    } else if (settings.tls_chain.empty() || settings.tls_key.empty()) {
        problems.push_back({"tls_certificate", "needs both the certificate's file and the key's file"});
    } else {
        check_readable("tls_certificate", settings.tls_chain, problems);
        check_readable("tls_certificate", settings.tls_key, problems);
    }
}

void check_access_log(ServerValues& settings, std::vector<Problem>& problems) {
    if (settings.audit_log == access_off) {
        settings.audit_log.clear();
    }
    if (settings.access_log == access_off) {
        settings.access_log.clear();
    }
    const bool is_file = settings.audit_log != "stdout" && settings.audit_log != "stderr";
    if (is_file && !settings.audit_log.empty() && settings.audit_log == settings.access_log) {
        problems.push_back({"audit_log", "is the file of access_log too: give each its own"});
    }
    if (auto wrong = access_format_fault(settings.access_log_format)) {
        problems.push_back({"access_log_format", std::move(*wrong)});
    }
    if (settings.access_log_mask.size() > access::masks_max) {
        problems.push_back({"access_log_mask", "has more than " + std::to_string(access::masks_max) + " names"});
    }
}

}  // namespace

std::vector<std::string> usual_masks() {
    return {"access_token", "api_key",  "apikey", "auth", "code",      "key",
            "passwd",       "password", "secret", "sig",  "signature", "token"};
}

std::optional<std::string> access_format_fault(const std::string& text) {
    const auto format = access::Format::parse(text, {});
    return format ? std::nullopt : std::optional(format.error());
}

void check_settings(ServerSettings& settings, std::vector<Problem>& problems) {
    leave_out_what_is_off(settings);
    std::vector<Problem> of_plugins;  // reported in the order of the settings
    settings.plugins_look_up_tokens = any_looks_up_tokens(prepare_plugins(settings.plugins, of_plugins));
    check_common(settings, settings, problems);
    check_bind(settings, problems);
    check_tcp_bind(settings, problems);
    check_public_host(settings.public_host, problems);
    check_http_bind(settings, problems);
    check_connect_bind(settings, problems);
    check_http_settings(settings.http, problems);
    check_https(settings, problems);
    check_acme(settings, problems);
    check_cluster(settings, problems);
    check_fallbacks(settings, problems);
    check_listen_addresses(settings, problems);
    check_server_tokens(settings, problems);
    check_sharing(settings, problems);
    check_server_tls(settings, problems);
    check_access_log(settings, problems);
    check_traces(settings.traces, problems);
    if (settings.allow_ports) {
        if (auto policy = login::PortPolicy::parse(*settings.allow_ports); !policy) {
            problems.push_back({"allow_ports", policy.error()});
        }
    }
    check_bounds({}, server_settings(), settings, problems);
    check_bounds(plugins_place, plugin_limit_settings, settings.plugin_limits, problems);
    problems.insert(problems.end(), of_plugins.begin(), of_plugins.end());
    check_guarded_services(settings.guarded_services, problems);
    check_client_plugins(settings.client_plugins, settings.plugins.size(), problems);
}

std::vector<std::string> warnings_for(const ServerSettings& settings) {
    std::vector<std::string> warnings;
    if (!settings.tls) {
        warnings.push_back(
            "TLS is off: anyone on the path between client and server can read and modify "
            "all traffic");
    }
    for (const NamedToken& token : settings.tokens) {
        for (const Secret* secret : secrets_of(token)) {
            if (!secret->is_strong()) {
                warnings.push_back(token.name + ": " + login::weak_token_warning());
            }
            if (secret->exposed()) {
                warnings.push_back(exposed_warning(' ' + in_quotes(token.name)));
            }
        }
    }
    warn_of_dashboard(settings, warnings);
    for (std::string& warning : plugin_warnings(settings.plugins)) {
        warnings.push_back(std::move(warning));
    }
    return warnings;
}

}  // namespace ferrotunnel::detail
