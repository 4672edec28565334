#include "https_options.hpp"

#include <fmt/format.h>

#include <utility>

namespace ferrotunnel::cli {
namespace {

constexpr std::chrono::hours hsts_max{24 * 3'650};

// "chain.pem:key.pem", or "both.pem".
Certificate read_certificate(const std::string& text) {
    const std::size_t colon = text.find(':');
    return {text.substr(0, colon), colon == std::string::npos ? "" : text.substr(colon + 1)};
}

void read_files(const Options& options, Https& https) {
    if (options.has("certificate")) {
        https.certificates.clear();
        for (const std::string& text : options.list("certificate")) {
            https.certificates.push_back(read_certificate(text));
        }
    }
    if (options.has("certificates")) {
        https.folders = options.list("certificates");
    }
    if (const auto fallback = options.text("fallback-certificate")) {
        https.fallback = read_certificate(*fallback);
    }
}

void read_client_certificates(const Options& options, Https& https, Problems& problems) {
    if (!options.has("client-ca")) {
        return;
    }
    https.client_certificates.clear();
    for (const std::string& text : options.list("client-ca")) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos) {
            problems.add(options.place_of("client-ca"),
                         fmt::format("expected HOST=FILE, like app.example.com=staff.pem, found \"{}\"", text));
            continue;
        }
        https.client_certificates.push_back({text.substr(0, equals), text.substr(equals + 1), true});
    }
}

void read_behaviour(const Options& options, Https& https, Problems& problems) {
    if (const auto grade = options.choice("https-grade", {"modern", "intermediate"}, problems)) {
        https.grade = *grade == "modern" ? TlsGrade::modern : TlsGrade::intermediate;
    }
    if (const auto time = options.time("certificate-reload", problems)) {
        https.reload_interval = *time;
    }
    if (const auto rate = options.number("https-handshakes", 1'000'000, problems)) {
        https.handshakes_per_second = static_cast<unsigned>(*rate);
    }
    if (const auto port = options.number("https-public-port", 65'535, problems)) {
        https.public_port = static_cast<std::uint16_t>(*port);
    }
    const auto redirect = options.choice("https-redirect", {"off", "on", "301", "302", "307", "308"}, problems);
    if (redirect == "off") {
        https.redirect = 0;
    } else if (redirect) {
        https.redirect = *redirect == "on" ? std::uint16_t{308} : static_cast<std::uint16_t>(std::stoi(*redirect));
    }
    if (const auto time = options.time("hsts", problems, hsts_max)) {
        https.hsts = https.hsts.value_or(Hsts());
        https.hsts->max_age = std::chrono::duration_cast<std::chrono::seconds>(*time);
    }
}

// `said`: by an option; `in_file`: to the builder already.
void apply_bind(const std::optional<std::string>& said, bool in_file, const Https& https, Server::Builder& builder) {
    if (said == "off") {
        builder.https_bind("").https({});
    } else if (said) {
        builder.https_bind(*said);
    } else if (!in_file && https.has_certificates()) {
        builder.https_bind(default_https_bind);
    }
}

}  // namespace

std::vector<OptionInfo> https_options() {
    return {
        {"https-bind", "HOST:PORT|off",
         "Where visitors of HTTP services come in by TLS. Default: 0.0.0.0:8443 where there are certificates.", false},
        {"certificate", "CHAIN[:KEY]",
         "A certificate for the hosts in it, and its key, PEM; one file may hold both. Several times for several. "
         "Changes are noticed while it runs.",
         true},
        {"certificates", "DIR",
         "A folder of certificates: NAME.crt or NAME.pem with NAME.key, NAME.pem with both, or as certbot keeps them. "
         "Several times for several.",
         true},
        {"fallback-certificate", "CHAIN[:KEY]",
         "For visitors who ask for no host, or for one that no other certificate has. Default: they are refused.",
         false},
        {"certificate-reload", "TIME", "How often the files are looked at for changes. Default: 10s.", false},
        {"https-grade", "GRADE",
         "modern: TLS 1.3 and the best of 1.2; intermediate: also for visitors of ten years ago. Default: modern.",
         false},
        {"https-handshakes", "N",
         "TLS handshakes that visitors of one address may begin in a second; ten times as many at once. 0: any number. "
         "Default: 200.",
         false},
        {"client-ca", "HOST=FILE",
         "Visitors of this host (*.example.com, **.example.com or * for several) must show a certificate that these "
         "CAs have signed. Several times for several.",
         true},
        {"https-redirect", "on|off|STATUS",
         "Sends requests without TLS to https, for hosts that have a certificate; on is 308. Default: off, they are "
         "served.",
         false},
        {"https-public-port", "PORT",
         "The port of HTTPS in addresses that are shown or redirected to, behind a port forwarding. Default: that of "
         "--https-bind.",
         false},
        {"hsts", "TIME", "Tells browsers to use https alone for this long (Strict-Transport-Security), like 365d.",
         false},
        {"proxy-protocol-from", "NETWORK",
         "Proxies in front, like 10.0.0.0/8 or ::1, that speak the PROXY protocol: visitors from there must begin with "
         "its header, and are who that says. Several times for several.",
         true},
    };
}

void apply_https(const Options& options, const Config::ServerSection& file, Server::Builder& builder,
                 Problems& problems) {
    Https https = file.https;
    read_files(options, https);
    read_client_certificates(options, https, problems);
    read_behaviour(options, https, problems);
    builder.https(https);
    apply_bind(options.text("https-bind"), file.https_bind.has_value(), https, builder);
    if (options.has("proxy-protocol-from")) {
        builder.proxy_protocol_from(options.list("proxy-protocol-from"));
    }
}

}  // namespace ferrotunnel::cli
