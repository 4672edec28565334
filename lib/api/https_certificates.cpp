#include "api/https_certificates.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::detail {

namespace {

using transport::CertificateProblem;
using transport::CertificateReport;
using transport::TlsConfigError;

constexpr std::string_view plain_http_text = "This port speaks HTTPS: use https://, not http://.\n";

std::string answer_to_plain_http() {
    return "HTTP/1.1 400 Bad Request\r\nX-FerroTunnel-Error: plain_http\r\nContent-Type: text/plain\r\n"
           "Cache-Control: no-store\r\nContent-Length: " +
           std::to_string(plain_http_text.size()) + "\r\nConnection: close\r\n\r\n" + std::string(plain_http_text);
}

transport::CertificateFiles files_of(const Certificate& certificate) {
    return {certificate.chain, certificate.key};
}

transport::VisitorTlsSettings tls_settings(const Https& https) {
    transport::VisitorTlsSettings settings;
    for (const Certificate& certificate : https.certificates) {
        if (certificate.credential.empty()) {
            settings.certificates.files.push_back(files_of(certificate));
        } else {
            settings.certificates.credentials.push_back(certificate.credential.state());
        }
    }
    settings.certificates.folders.assign(https.folders.begin(), https.folders.end());
    if (https.fallback) {
        settings.certificates.fallback = files_of(*https.fallback);
        settings.certificates.fallback_credential = https.fallback->credential.state();
    }
    for (const ClientCertificates& rule : https.client_certificates) {
        settings.client_authorities.push_back({rule.host, rule.ca_file, rule.required, rule.trust.state(), rule.chain});
    }
    settings.grade = https.grade == TlsGrade::modern ? transport::TlsGrade::modern : transport::TlsGrade::intermediate;
    if (https.http2) {
        settings.protocols.insert(settings.protocols.begin(), "h2");
    }
    settings.answer_to_plain_http = answer_to_plain_http();
    return settings;
}

std::string text_of(const CertificateProblem& problem) {
    return problem.file.empty() ? problem.reason : problem.file.string() + ": " + problem.reason;
}

// Why no certificate can be used: all reasons if they are few, since a folder of a thousand would fill the screen.
std::string why_none(const CertificateReport& report) {
    constexpr std::size_t reported_max = 5;
    std::string text = "no certificate can be used";
    std::size_t told = 0;
    for (const CertificateProblem& problem : report.problems) {
        if (!problem.warning && told++ < reported_max) {
            text += (told == 1 ? ": " : "; ") + text_of(problem);
        }
    }
    return told == 0 ? text + ": there is none in the folders"
                     : text + (told > reported_max ? "; and " + std::to_string(told - reported_max) + " more" : "");
}

}  // namespace

HttpsCertificates::HttpsCertificates(const Https& https, Logger& log, const OrderedCertificates& ordered,
                                     std::function<void()> on_change)
    : reload_interval_(https.reload_interval), log_(log), on_change_(std::move(on_change)) {
    if (const std::string fault = credential_fault(https); !fault.empty()) {
        throw TlsConfigError(fault);
    }
    CertificateReport report;
    transport::VisitorTlsSettings settings = tls_settings(https);
    settings.certificates.ordered = ordered.folder;
    settings.certificates.own = ordered.own_folder;
    tls_ = transport::VisitorTls::make(settings, std::chrono::system_clock::now(), report, ordered.answer,
                                       ordered.by_host);
    if (https.has_certificates() && report.certificates == 0 && !ordered.is_on && !https.self &&
        https.by_host.empty()) {
        throw TlsConfigError(why_none(report));
    }
    log_report(report);
    uses_ = std::make_unique<CredentialUses>(https, [this] { reload_replaced(); });
    const MutexLock lock(setting_);
    sources_ = std::move(settings.certificates);
}

HttpsCertificates::~HttpsCertificates() {
    uses_.reset();  // a replacement in progress may need the watch
}

void HttpsCertificates::set(const Https& https) {
    uses_ = std::make_unique<CredentialUses>(https, [this] { reload_replaced(); });
    {
        const MutexLock lock(setting_);
        transport::CertificateSources sources = tls_settings(https).certificates;
        sources.ordered = sources_.ordered;
        sources.own = sources_.own;
        sources_ = std::move(sources);
        tls_->set_certificates(sources_);
    }
    reload();
}

void HttpsCertificates::set_ordered(const std::filesystem::path& folder) {
    set_folder(&transport::CertificateSources::ordered, folder);
}

void HttpsCertificates::set_own(const std::filesystem::path& folder) {
    set_folder(&transport::CertificateSources::own, folder);
}

void HttpsCertificates::set_folder(std::filesystem::path transport::CertificateSources::*source,
                                   const std::filesystem::path& folder) {
    {
        const MutexLock lock(setting_);
        sources_.*source = folder;
        tls_->set_certificates(sources_);
    }
    reload();
}

void HttpsCertificates::reload() {
    const auto report = tls_->reload_if_changed(std::chrono::system_clock::now());
    if (!report) {
        return;
    }
    log_report(*report);
    if (on_change_) {
        on_change_();
    }
}

// If this fails for lack of memory, the watch repeats it.
void HttpsCertificates::reload_replaced() noexcept try { reload(); } catch (const std::exception&) {
    check_now();
}

void HttpsCertificates::watch() {
    watch_ =
        std::make_unique<transport::CertificateWatch>(tls_, reload_interval_, [this](const CertificateReport& report) {
            log_report(report);
            if (on_change_) {
                on_change_();
            }
        });
}

// Logs each problem once, as long as it lasts.
void HttpsCertificates::log_report(const CertificateReport& report) {
    const MutexLock lock(reporting_);
    for (const CertificateProblem& problem : report.problems) {
        if (std::find(reported_.begin(), reported_.end(), problem) != reported_.end()) {
            continue;
        }
        const std::string file = problem.file.string();
        if (problem.warning) {
            log_.warn("a certificate has a fault and is used anyway", {{"file", file}, {"why", problem.reason}});
        } else if (problem.kept) {
            log_.error("a certificate cannot be read; the previous one stays in use",
                       {{"file", file}, {"why", problem.reason}});
        } else {
            log_.error("a certificate cannot be used", {{"file", file}, {"why", problem.reason}});
        }
    }
    reported_ = report.problems;
    log_.info("certificates for visitors",
              {{"certificates", report.certificates}, {"hosts", report.hosts}, {"read", report.read}});
}

Https dashboard_https(const CommonValues& settings) {
    Https https;
    https.fallback = Certificate{settings.dashboard_chain, settings.dashboard_key};
    https.http2 = false;
    return https;
}

void try_dashboard(const CommonValues& settings, const Attached& attached, std::vector<Problem>& problems) {
    if (!problems.empty() || settings.dashboard_chain.empty()) {
        return;
    }
    try {
        const HttpsCertificates certificates(dashboard_https(settings), null_logger());
    } catch (const TlsConfigError& problem) {
        problems.push_back({"dashboard_tls", std::string("cannot set up TLS for the dashboard: ") + problem.what()});
        locate(problems, attached);
    }
}

void try_https(const ServerSettings& settings, std::vector<Problem>& problems) {
    if (!problems.empty() || settings.https_bind.empty()) {
        return;
    }
    try {
        const HttpsCertificates certificates(settings.https, null_logger(), {settings.has_acme, {}, {}, {}, {}});
    } catch (const TlsConfigError& problem) {
        problems.push_back({"https", problem.what()});
        locate(problems, settings);
    }
}

}  // namespace ferrotunnel::detail
