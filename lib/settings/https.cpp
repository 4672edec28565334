#include "settings/https.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "http/rules.hpp"
#include "net/host_port.hpp"
#include "runtime/address.hpp"
#include "settings/http.hpp"
#include "settings/https_self.hpp"
#include "settings/rows.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;
using namespace std::chrono_literals;

constexpr SettingFacts of_certificate[] = {
    {.key = "chain",
     .form = Form::path,
     .help = "The certificate, followed by the intermediate ones, PEM.",
     .is_required = true},
    {.key = "key", .form = Form::path, .help = "Private key of `chain`, PEM. Default: in the same file."},
};

std::span<const SettingFacts> certificate_keys() noexcept {
    return of_certificate;
}

constexpr SettingFacts of_client_certificates[] = {
    {.key = "host",
     .type = "host or pattern",
     .help = "Host of the rule: `app.example.com`, `\"*.example.com\"`, `\"**.example.com\"`, or `\"*\"` for all "
             "others.",
     .is_required = true},
    {.key = "ca", .form = Form::path, .help = "CAs that sign the visitors' certificates, PEM.", .is_required = true},
    {.key = "required",
     .form = Form::on_off,
     .help = "`false`: visitors without a certificate are accepted too. Default: they are rejected."},
    {.key = "chain",
     .form = Form::on_off,
     .help =
         "Whether backends also get the certificate and its chain (RFC 9440). Default: off, only its subject, names "
         "and fingerprint."},
};

std::span<const SettingFacts> client_certificate_keys() noexcept {
    return of_client_certificates;
}

constexpr SettingFacts of_hsts[] = {
    {.key = "max_age",
     .form = Form::time,
     .max = limits::http_hsts_max_age_max / std::chrono::milliseconds(1),
     .help = "How long browsers use TLS only, up to ten years; 0: they forget it. Default: a year."},
    {.key = "include_subdomains",
     .form = Form::on_off,
     .help = "Whether this also applies to subdomains. Default: off."},
    {.key = "preload",
     .form = Form::on_off,
     .help = "For the browsers' preload lists; needs `include_subdomains` and at least a year. Default: off."},
};

constexpr Choice grades[] = {
    {"modern", static_cast<std::uint64_t>(TlsGrade::modern)},
    {"intermediate", static_cast<std::uint64_t>(TlsGrade::intermediate)},
};
constexpr Choice redirects[] = {{"off", 0}, {"on", 308}, {"301", 301}, {"302", 302}, {"307", 307}, {"308", 308}};

constexpr auto same_hsts = [](const Https& a, const Https& b) { return a.hsts == b.hsts; };
constexpr auto take_hsts = [](Https& into, const Https& from) { into.hsts = from.hsts; };

constexpr std::array settings_of_https{
    Setting<Https>{
        {.key = "certificates",
         .option = "certificate",
         .type = "certificate, or a list",
         .help = "Certificates for the hosts in their subjectAltName: the file of a chain with its key, or "
                 "`chain` and `key`.",
         .is_live = true,
         .keys = certificate_keys},
        {},
        [](const Https& a, const Https& b) { return a.certificates == b.certificates && a.by_host == b.by_host; },
        [](Https& into, const Https& from) {
            into.certificates = from.certificates;
            into.by_host = from.by_host;
        }},
    Setting<Https>{{.key = "folders",
                    .form = Form::paths,
                    .option = "certificates",
                    .operand = "DIR",
                    .is_repeated = true,
                    .topic = https_topic,
                    .brief = "Folder of certificates and keys; may be repeated",
                    .type = "folder, or a list",
                    .help = "Folders of certificates: NAME.crt or NAME.pem with NAME.key, NAME.pem with both, or as "
                            "certbot keeps them.",
                    .is_live = true},
                   &Https::folders},
    Setting<Https>{
        {.key = "fallback",
         .option = "fallback-certificate",
         .type = "certificate",
         .help = "Certificate for visitors that request no host, or one that no certificate covers. Default: these "
                 "are rejected.",
         .is_live = true,
         .keys = certificate_keys},
        {},
        [](const Https& a, const Https& b) { return a.fallback == b.fallback; },
        [](Https& into, const Https& from) { into.fallback = from.fallback; }},
    Setting<Https>{{.key = "reload_interval",
                    .form = Form::time,
                    .min = limits::certificate_reload_min / 1ms,
                    .max = limits::certificate_reload_max / 1ms,
                    .option = "certificate-reload",
                    .operand = "TIME",
                    .topic = https_topic,
                    .help = "How often the files are checked for changes, 100 ms to an hour.",
                    .is_live = true},
                   &Https::reload_interval},
    Setting<Https>{
        {.key = "grade",
         .form = Form::choice,
         .choices = grades,
         .option = "https-grade",
         .operand = "GRADE",
         .topic = https_topic,
         .help = "`modern`: TLS 1.3, and 1.2 with ECDHE and AEAD; `intermediate`: also 1.2 with ECDHE and AES-CBC, for "
                 "clients that are ten years old.",
         .is_live = true},
        &Https::grade},
    Setting<Https>{{.key = "handshakes_per_second",
                    .form = Form::number,
                    .max = limits::visitor_handshakes_settable_max,
                    .option = "https-handshakes",
                    .operand = "N",
                    .topic = https_topic,
                    .help = "TLS handshakes that visitors of one address may begin per second, and ten times as many "
                            "at once; twice as many for an IPv6 /56, five times for a /48 or an IPv4 /24. 0: "
                            "unlimited.",
                    .is_live = true},
                   &Https::handshakes_per_second},
    Setting<Https>{{.key = "client_certificates",
                    .option = "client-ca",
                    .type = "rule, or a list",
                    .help = "Hosts whose visitors must present a client certificate.",
                    .is_live = true,
                    .keys = client_certificate_keys},
                   {},
                   [](const Https& a, const Https& b) { return a.client_certificates == b.client_certificates; },
                   [](Https& into, const Https& from) { into.client_certificates = from.client_certificates; }},
    Setting<Https>{{.key = "http2",
                    .form = Form::on_off,
                    .option = "http2",
                    .operand = "on|off",
                    .topic = https_topic,
                    .help = "Whether visitors may use HTTP/2; `off`: HTTP/1.1 only.",
                    .is_live = true},
                   &Https::http2},
    Setting<Https>{{.key = "redirect",
                    .form = Form::choice,
                    .choices = redirects,
                    .option = "https-redirect",
                    .operand = "on|off|STATUS",
                    .topic = https_topic,
                    .brief = "Redirect HTTP requests to HTTPS",
                    .help = "Redirects requests without TLS to https, for hosts that have a certificate; `on` is 308; "
                            "`off`: they are served without TLS. A service's own rule takes precedence.",
                    .is_live = true},
                   &Https::redirect},
    Setting<Https>{
        {.key = "self",
         .form = Form::on_off,
         .option = "https-self",
         .topic = https_topic,
         .help = "For local development: the server makes a CA of its own, in `https-self` of its state "
                 "folder, for localhost, `domain`, `public_host`, `self_names`, this machine's host name and "
                 "loopback addresses. `ferrotunnel trust install` makes this machine trust it.",
         .is_live = true},
        &Https::self},
    Setting<Https>{{.key = "self_names",
                    .form = Form::words,
                    .option = "https-self-name",
                    .operand = "NAME",
                    .is_repeated = true,
                    .topic = https_topic,
                    .type = "host, or a list",
                    .help = "More hosts, with everything below them, and IP addresses that the CA of `self` is for, up "
                            "to 100. An existing CA keeps its own.",
                    .default_text = "none",
                    .is_live = true},
                   &Https::self_names},
    Setting<Https>{{.key = "acme_tls_backend",
                    .form = Form::word,
                    .type = "IP address with port",
                    .help = "Another ACME client that answers tls-alpn-01, such as 127.0.0.1:4443: it gets the "
                            "connections whose ClientHello offers only acme-tls/1, unless this server has the answer.",
                    .default_text = "none",
                    .is_live = true},
                   &Https::acme_tls_backend},
    Setting<Https>{{.key = "public_port",
                    .form = Form::number,
                    .max = 65'535,
                    .option = "https-public-port",
                    .operand = "PORT",
                    .topic = https_topic,
                    .help = "Port of HTTPS in shown addresses and redirects, for a server behind a port forwarding; 0: "
                            "the port that it listens on."},
                   &Https::public_port},
    Setting<Https>{{.key = "hsts",
                    .help = "Strict-Transport-Security in responses over "
                            "TLS.",
                    .is_live = true,
                    .keys = hsts_keys}},
    // These rows are for comparison and for the names in problems.
    Setting<Https>{{.key = "hsts.max_age", .option = "hsts", .is_live = true}, {}, same_hsts, take_hsts},
    Setting<Https>{{.key = "hsts.include_subdomains", .option = "hsts", .is_live = true}, {}, same_hsts, take_hsts},
    Setting<Https>{{.key = "hsts.preload", .option = "hsts", .is_live = true}, {}, same_hsts, take_hsts},
};

// Reads a file with chain and key, or two files.
std::optional<Certificate> read_certificate(const Value& value) {
    Certificate certificate;
    if (!value.is_group()) {
        const auto path = value.path();
        assign(certificate.chain, path);
        return path ? std::optional(certificate) : std::nullopt;
    }
    Section section = section_of(value, certificate_keys());
    const auto chain = section.find("chain");
    const auto key = section.find("key");
    section.finish();
    if (!chain) {
        value.problem("`chain` is missing: the file of the certificate");
        return std::nullopt;
    }
    const auto chain_path = chain->path();
    const auto key_path = key ? key->path() : std::nullopt;
    if (!chain_path || (key && !key_path)) {
        return std::nullopt;
    }
    certificate.chain = *chain_path;
    certificate.key = key_path.value_or("");
    return certificate;
}

std::optional<ClientCertificates> read_client_certificates(const Value& value) {
    if (!value.is_group()) {
        value.unexpected("a rule, like {host: app.example.com, ca: staff.pem}");
        return std::nullopt;
    }
    Section section = section_of(value, client_certificate_keys());
    const auto host = section.find("host");
    const auto ca = section.find("ca");
    const auto required = section.find("required");
    const auto chain = section.find("chain");
    section.finish();
    if (!host || !ca) {
        value.problem("`host` and `ca` are required: the host of the rule, and the file of the CAs");
        return std::nullopt;
    }
    const auto name = host->word();
    const auto path = ca->path();
    const auto must = required ? required->boolean() : std::nullopt;
    const auto with_chain = chain ? chain->boolean() : std::nullopt;
    if (!name || !path || (required && !must) || (chain && !with_chain)) {
        return std::nullopt;
    }
    return ClientCertificates{
        .host = *name, .ca_file = *path, .required = must.value_or(true), .chain = with_chain.value_or(false)};
}

void read_hsts(SectionReader& reader, std::optional<Hsts>& hsts) {
    constexpr GroupPlace place{"https.hsts", "https.hsts"};
    const bool is_there = reader.group(https_place).has("hsts");
    Hsts said;
    if (auto value = reader.find(place, "max_age")) {
        if (const auto time = value->time(limits::http_hsts_max_age_max)) {
            said.max_age = std::chrono::duration_cast<std::chrono::seconds>(*time);
        }
    }
    if (auto value = reader.find(place, "include_subdomains")) {
        assign(said.include_subdomains, value->boolean());
    }
    if (auto value = reader.find(place, "preload")) {
        assign(said.preload, value->boolean());
    }
    if (is_there) {
        hsts = said;
    }
}

void check_https_bind(ServerSettings& settings, std::vector<Problem>& problems) {
    auto place = net::parse_host_port(settings.https_bind, default_https_port);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    if (!place || !runtime::SocketAddress::from_ip(*place)) {
        problems.push_back({"https_bind", net::quoted_address_fault(
                                              settings.https_bind,
                                              "is not a valid address to listen on; expected one like 0.0.0.0:8443")});
    } else {
        settings.https_bind = net::to_text(*place);
    }
}

void check_acme_backend(std::string& address, std::vector<Problem>& problems) {
    if (address.empty()) {
        return;
    }
    auto place = net::parse_host_port(address);
    if (place && place->host == "localhost") {
        place->host = "127.0.0.1";
    }
    if (!place || place->host.empty() || place->port == 0 || !runtime::SocketAddress::from_ip(*place)) {
        problems.push_back({"https.acme_tls_backend",
                            net::quoted_address_fault(address,
                                                      "is not a valid IP address with a port; expected one like "
                                                      "127.0.0.1:4443")});
    } else {
        address = net::to_text(*place);
    }
}

void check_certificate(const char* key, const std::string& what, const Certificate& certificate,
                       std::vector<Problem>& problems) {
    const bool is_from_memory = !certificate.credential.empty();
    if (is_from_memory && !(certificate.chain.empty() && certificate.key.empty())) {
        problems.push_back({key, what + " has files and a credential from memory; set only one of them"});
    } else if (!is_from_memory && certificate.chain.empty()) {
        problems.push_back({key, what + " has no file"});
    }
}

void check_certificates(const Https& https, std::vector<Problem>& problems) {
    for (const Certificate& certificate : https.certificates) {
        check_certificate("https.certificates", "a certificate", certificate, problems);
    }
    if (std::count(https.folders.begin(), https.folders.end(), std::string()) != 0) {
        problems.push_back({"https.folders", "a folder has no name"});
    }
    if (https.fallback) {
        check_certificate("https.fallback", "the certificate", *https.fallback, problems);
    }
    for (const ClientCertificates& rule : https.client_certificates) {
        if (!rule.trust.empty() && (!rule.ca_file.empty() || rule.trust.has_pins())) {
            problems.push_back(
                {"https.client_certificates",
                 "set either the file of the CAs or a trust from memory for a rule; the trust needs CAs and no pins"});
        } else if (rule.host.empty() || (rule.ca_file.empty() && rule.trust.empty())) {
            problems.push_back({"https.client_certificates",
                                "a rule needs a host, like app.example.com or *, and the file of its CAs"});
        }
    }
    check_bounds(https_place, https_settings(), https, problems);
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

std::span<const Setting<Https>> https_settings() noexcept {
    return settings_of_https;
}

std::span<const SettingFacts> hsts_keys() noexcept {
    return of_hsts;
}

void read_https_sections(SectionReader& reader, Https& https) {
    if (auto value = reader.find(https_place, "certificates")) {
        for (const Value& item : value->items_or_single()) {
            if (auto certificate = read_certificate(item)) {
                https.certificates.push_back(std::move(*certificate));
            }
        }
    }
    if (auto value = reader.find(https_place, "fallback")) {
        https.fallback = read_certificate(*value);
    }
    if (auto value = reader.find(https_place, "client_certificates")) {
        for (const Value& item : value->items_or_single()) {
            if (auto rule = read_client_certificates(item)) {
                https.client_certificates.push_back(std::move(*rule));
            }
        }
    }
    read_hsts(reader, https.hsts);
}

void check_https(ServerSettings& settings, std::vector<Problem>& problems) {
    if (!settings.https_bind.empty()) {
        check_https_bind(settings, problems);
    } else if (settings.https != Https()) {
        problems.push_back({"https", "has no meaning without https_bind"});
    }
    check_certificates(settings.https, problems);
    check_acme_backend(settings.https.acme_tls_backend, problems);
    check_https_self(settings, problems);
    check_rules(settings.https, problems);
    for (const std::string& text : settings.proxies) {
        if (auto fault = network_fault(text)) {
            problems.push_back({"proxy_protocol_from", std::move(*fault)});
        }
    }
}

}  // namespace ferrotunnel::detail
