#include "https_options.hpp"

#include <fmt/format.h>

#include <utility>

#include "setting_options.hpp"
#include "usual_addresses.hpp"

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

}  // namespace

void add_https_options(std::vector<OptionSection>& sections) {
    std::vector<OptionInfo>& options = section_called(sections, "HTTPS, and proxies in front").options;
    const std::vector<OptionInfo> files{
        {"certificate", "CHAIN[:KEY]", "Certificate and key for HTTPS, PEM; may be repeated",
         "Certificate and its key, PEM, for the hosts that it names; one file may hold both. May be repeated. Changes "
         "of the files are noticed.",
         true},
        {"fallback-certificate", "CHAIN[:KEY]", "",
         "Certificate for visitors that request no host, or one that no other certificate names. Default: they are "
         "rejected."},
        {"client-ca", "HOST=FILE", "",
         "Visitors of this host (*.example.com, **.example.com or * for several) must present a certificate that these "
         "CAs have signed. May be repeated.",
         true},
        {"hsts", "TIME", "", "Tell browsers to use only https for this time (Strict-Transport-Security), like 365d."},
    };
    options.insert(options.begin() + 1, files.begin(), files.end());
}

void apply_https(const Options& options, const Config::ServerSection& file, bool has_acme, Server::Builder& builder,
                 Problems& problems) {
    Https https = file.https;
    read_files(options, https);
    read_client_certificates(options, https, problems);
    if (const auto time = options.time("hsts", problems, hsts_max)) {
        https.hsts = https.hsts.value_or(Hsts());
        https.hsts->max_age = std::chrono::duration_cast<std::chrono::seconds>(*time);
    }
    const bool has_certificates = https.has_certificates() || !options.list("certificates").empty() ||
                                  (options.has("https-self") && options.flag("https-self", problems));
    builder.https(options.text("https-bind") == "off" ? Https() : std::move(https));
    if (options.has("https-bind") || file.https_bind) {
        return;
    }
    if (const UsualAddress usual = usual_https(has_acme, has_certificates); !usual.address.empty()) {
        builder.https_bind(usual.address, true, usual.fallback);
    }
}

}  // namespace ferrotunnel::cli
