// The certificates of the HTTPS listener: from the builder's settings to TLS, and log lines about their files.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/credential_uses.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "base/published.hpp"
#include "ferrotunnel/https.hpp"
#include "settings/settings.hpp"
#include "transport/certificate_watch.hpp"
#include "transport/visitor_tls.hpp"

namespace ferrotunnel::detail {

/// The present TLS for visitors, to be read each time it is used.
using PresentTls = Published<std::shared_ptr<transport::VisitorTls>>;

/// Certificates that the server itself orders from a CA.
struct OrderedCertificates {
    /// It orders some: then it may have none yet, or only bad ones, and they come later.
    bool is_on = false;
    std::filesystem::path folder{};       // empty: none
    std::filesystem::path own_folder{};   // of those by the server's own CA; empty: none
    transport::ChallengeAnswer answer{};  // to the CA; may be empty
    /// Those that the application finds; may be empty.
    transport::HostCertificate by_host{};
};

class HttpsCertificates {
public:
    /// Reads all files. Throws transport::TlsConfigError if a client CA cannot be read, or if certificates are
    /// configured and none can be used, with the reasons. `log` outlives it. `on_change` is called after each later
    /// load that has changed something, on the thread that loads; it may be empty.
    HttpsCertificates(const Https& https, Logger& log, const OrderedCertificates& ordered = {},
                      std::function<void()> on_change = {});

    ~HttpsCertificates();

    /// From now on watches the files for changes, on a thread of its own.
    void watch();
    /// Makes that thread check now; does not wait. After watch(). Thread-safe.
    void check_now() {
        if (watch_) {
            watch_->check_now();
        }
    }

    /// Reads the certificates from other files, folders and credentials, before it returns; sessions stay resumable.
    /// Any other change of HTTPS needs another object. For one thread at a time.
    void set(const Https& https);
    /// Likewise for the folder of ordered certificates; empty: none.
    void set_ordered(const std::filesystem::path& folder);
    /// Likewise for the folder of certificates by the server's own CA.
    void set_own(const std::filesystem::path& folder);

    const std::shared_ptr<transport::VisitorTls>& tls() const noexcept { return tls_; }

private:
    void set_folder(std::filesystem::path transport::CertificateSources::*source, const std::filesystem::path& folder);
    void reload();
    void reload_replaced() noexcept;
    void log_report(const transport::CertificateReport& report);

    const std::chrono::milliseconds reload_interval_;
    Logger& log_;
    const std::function<void()> on_change_;
    std::shared_ptr<transport::VisitorTls> tls_;
    Mutex setting_;
    transport::CertificateSources sources_ GUARDED_BY(setting_);
    Mutex reporting_;
    std::vector<transport::CertificateProblem> reported_ GUARDED_BY(reporting_);
    std::unique_ptr<CredentialUses> uses_;                // replacements use the others, too
    std::unique_ptr<transport::CertificateWatch> watch_;  // the last member: its thread uses the others
};

/// Reports the problems that the listener would have at start; if the settings have problems already, nothing is tried.
void try_https(const ServerSettings& settings, std::vector<Problem>& problems);

/// The certificate of a dashboard, in the form for HttpsCertificates.
Https dashboard_https(const CommonValues& settings);
/// Like try_https(), for a dashboard with TLS.
void try_dashboard(const CommonValues& settings, const Attached& attached, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
