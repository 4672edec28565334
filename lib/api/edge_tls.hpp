// TLS for visitors of a Server's edge: its certificates, and the rate limit of handshakes.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/challenge_answers.hpp"
#include "api/host_lookups.hpp"
#include "api/https_certificates.hpp"
#include "base/published.hpp"
#include "base/wipe.hpp"
#include "ingress/http_front.hpp"
#include "login/network_rate_limiter.hpp"

namespace ferrotunnel::detail {

/// Called by one thread at a time, that of the start or of a change, except where a member states otherwise. Results of
/// listener() are for the workers.
class EdgeTls {
public:
    /// `on_change` is called after each load of certificates that has changed something while the server runs, on any
    /// thread; it may be empty. `use_of`: see HostLookups.
    EdgeTls(Logger& log, std::function<void()> on_change, std::function<HostUse(std::string_view)> use_of)
        : log_(log), on_change_(std::move(on_change)), use_of_(std::move(use_of)) {}
    ~EdgeTls() { wipe(inherited_ticket_keys_); }
    EdgeTls(const EdgeTls&) = delete;
    EdgeTls& operator=(const EdgeTls&) = delete;

    /// Reads the certificates. Throws transport::TlsConfigError. `with_acme`: the server orders certificates, so it may
    /// have none yet.
    void open(const Https& https, bool with_acme);
    /// The keys of visitors' session tickets, for the process that replaces this one; empty without TLS. Thread-safe.
    std::string ticket_keys() const;
    /// The certificates that expire first. Thread-safe.
    std::vector<transport::CertificateExpiry> expiries() const;
    /// Those of a process that this one replaces. Before open().
    void set_ticket_keys(std::string keys) noexcept { inherited_ticket_keys_ = std::move(keys); }
    /// Watches their files from now on.
    void watch() { certificates_.get()->watch(); }
    bool is_open() const { return certificates_.get() != nullptr; }

    /// The replacement of the present certificates; reads files, and throws like open().
    std::unique_ptr<HttpsCertificates> make(const Https& https, bool with_acme) const;
    void replace(std::unique_ptr<HttpsCertificates> certificates, const Https& https);
    /// Sets other files, credentials and another source by host; everything else stays.
    void set_files(const Https& https);
    void set_rate(const Https& https);

    /// Where ordered certificates are; empty: none. Before open(), too.
    void set_ordered(const std::filesystem::path& folder);
    /// Likewise for certificates by the server's own CA.
    void set_own(const std::filesystem::path& folder);
    /// A file of these folders has changed: reads it soon, on another thread. Thread-safe.
    void check_ordered();
    /// A client has registered this host. Thread-safe.
    void offered(const std::string& host);
    /// The answers to CAs.
    const std::shared_ptr<ChallengeAnswers>& answers() const noexcept { return answers_; }

    /// Settings of listeners with TLS; without proxies. May outlive this object, like the next two.
    ingress::HttpListenerSettings listener() const;
    /// Settings of listeners without TLS that exist beside those with TLS.
    ingress::HttpListenerSettings plain_listener() const;
    const std::shared_ptr<PresentTls>& present() const noexcept { return present_; }

    /// When no worker runs any more.
    void close();

private:
    using HandshakeRate = Published<std::shared_ptr<login::NetworkRateLimiter>>;

    using Lookups = Published<std::shared_ptr<HostLookups>>;

    OrderedCertificates ordered(bool with_acme) const;
    void set_lookups(const Https& https);

    Logger& log_;
    const std::function<void()> on_change_;
    const std::function<HostUse(std::string_view)> use_of_;
    const std::shared_ptr<ChallengeAnswers> answers_ = std::make_shared<ChallengeAnswers>();
    std::filesystem::path ordered_folder_;
    std::filesystem::path own_folder_;
    std::string inherited_ticket_keys_;                           // until open()
    Published<std::shared_ptr<HttpsCertificates>> certificates_;  // watched once watch() was called
    const std::shared_ptr<PresentTls> present_ = std::make_shared<PresentTls>();
    const std::shared_ptr<Lookups> lookups_ = std::make_shared<Lookups>();  // null without a source
    const std::shared_ptr<HandshakeRate> handshakes_ = std::make_shared<HandshakeRate>();
};

}  // namespace ferrotunnel::detail
