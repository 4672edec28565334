#include "settings/https.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/rules.hpp"
#include "net/ip_network.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::detail {
namespace {

void check_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    auto place = net::parse_host_port(settings.https_bind, default_https_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    if (!place || !runtime::SocketAddress::from_ip(*place)) {
        problems.push_back({"https_bind", in_quotes(settings.https_bind) +
                                              " is no address to listen on; expected one like 0.0.0.0:8443"});
    } else {
        settings.https_bind = net::to_text(*place);
    }
}

void check_certificates(const Https& https, std::vector<Problem>& problems) {
    const bool empty = std::any_of(https.certificates.begin(), https.certificates.end(),
                                   [](const Certificate& certificate) { return certificate.chain.empty(); });
    if (empty) {
        problems.push_back({"https.certificates", "a certificate has no file"});
    }
    if (std::count(https.folders.begin(), https.folders.end(), std::string()) != 0) {
        problems.push_back({"https.folders", "a folder has no name"});
    }
    if (https.fallback && https.fallback->chain.empty()) {
        problems.push_back({"https.fallback", "the certificate has no file"});
    }
    for (const ClientCertificates& rule : https.client_certificates) {
        if (rule.host.empty() || rule.ca_file.empty()) {
            problems.push_back({"https.client_certificates",
                                "a rule needs a host, like app.example.com or *, and the file of its CAs"});
        }
    }
    if (https.reload_interval < limits::certificate_reload_min ||
        https.reload_interval > limits::certificate_reload_max) {
        problems.push_back({"https.reload_interval", "expected a time from 100 ms to an hour"});
    }
    if (https.handshakes_per_second > limits::visitor_handshakes_settable_max) {
        problems.push_back({"https.handshakes_per_second", "expected 0 to 1000000"});
    }
}

void check_rules(const Https& https, std::vector<Problem>& problems) {
    http::Rules rules;
    if (https.redirect != 0) {
        rules.https_redirect = http::HttpsRedirect{https.redirect, 443};
    }
    if (https.hsts) {
        rules.hsts = http::Hsts{https.hsts->max_age, https.hsts->include_subdomains, https.hsts->preload};
    }
    for (const http::RuleProblem& problem : http::check_rules(rules, {})) {
        problems.push_back(
            {problem.key == "https_redirect.status" ? "https.redirect" : "https." + problem.key, problem.text});
    }
}

}  // namespace

void check_https(ServerSettings& settings, std::vector<Problem>& problems) {
    if (!settings.https_bind.empty()) {
        check_bind(settings, problems);
    } else if (settings.https != Https()) {
        problems.push_back({"https", "has no meaning without https_bind"});
    }
    check_certificates(settings.https, problems);
    check_rules(settings.https, problems);
    for (const std::string& text : settings.proxies) {
        if (const auto network = net::IpNetwork::parse(text); !network) {
            problems.push_back({"proxy_protocol_from", in_quotes(text) + ' ' + network.error()});
        }
    }
}

void set_https(ServerSettings& settings, Https https) {
    const Https old = std::exchange(settings.https, std::move(https));
    const Https& now = settings.https;
    const auto changed = [&settings](const char* key) { settings.origins.erase(key); };
    if (old != now) {
        changed("https");
    }
    if (old.certificates != now.certificates) {
        changed("https.certificates");
    }
    if (old.folders != now.folders) {
        changed("https.folders");
    }
    if (old.fallback != now.fallback) {
        changed("https.fallback");
    }
    if (old.client_certificates != now.client_certificates) {
        changed("https.client_certificates");
    }
    if (old.reload_interval != now.reload_interval) {
        changed("https.reload_interval");
    }
    if (old.handshakes_per_second != now.handshakes_per_second) {
        changed("https.handshakes_per_second");
    }
    if (old.redirect != now.redirect) {
        changed("https.redirect");
    }
    if (old.hsts != now.hsts) {
        changed("https.hsts.max_age");
        changed("https.hsts.preload");
    }
}

}  // namespace ferrotunnel::detail
