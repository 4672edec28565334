// TLS for visitors of a Server's edge: its certificates, and the rate limit of handshakes.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/https_certificates.hpp"
#include "base/published.hpp"
#include "ingress/http_front.hpp"
#include "login/network_rate_limiter.hpp"

namespace ferrotunnel::detail {

/// Called by one thread at a time, that of the start or of a change. Results of listener() are for the workers.
class EdgeTls {
public:
    explicit EdgeTls(Logger& log) noexcept : log_(log) {}
    EdgeTls(const EdgeTls&) = delete;
    EdgeTls& operator=(const EdgeTls&) = delete;

    /// Reads the certificates. Throws transport::TlsConfigError.
    void open(const Https& https);
    /// The keys of visitors' session tickets, for the process that replaces this one; empty without TLS. Thread-safe.
    std::string ticket_keys() const;
    /// The certificates that expire first. Thread-safe.
    std::vector<transport::CertificateExpiry> expiries() const;
    /// Those of a process that this one replaces. Before open().
    void set_ticket_keys(std::string keys) noexcept { inherited_ticket_keys_ = std::move(keys); }
    /// Watches their files from now on.
    void watch() { certificates_->watch(); }
    bool is_open() const noexcept { return certificates_ != nullptr; }

    /// The replacement of the present certificates; reads files, and throws like open().
    std::unique_ptr<HttpsCertificates> make(const Https& https) const;
    void replace(std::unique_ptr<HttpsCertificates> certificates);
    /// Sets other files; everything else stays.
    void set_files(const Https& https) { certificates_->set(https); }
    void set_rate(const Https& https);

    /// Settings of listeners with TLS; without proxies. May outlive this object, like the next two.
    ingress::HttpListenerSettings listener() const;
    /// Settings of listeners without TLS that exist beside those with TLS.
    ingress::HttpListenerSettings plain_listener() const;
    const std::shared_ptr<PresentTls>& present() const noexcept { return present_; }

    /// When no worker runs any more.
    void close() { certificates_.reset(); }

private:
    using HandshakeRate = Published<std::shared_ptr<login::NetworkRateLimiter>>;

    Logger& log_;
    std::string inherited_ticket_keys_;  // until open()
    std::unique_ptr<HttpsCertificates> certificates_;
    const std::shared_ptr<PresentTls> present_ = std::make_shared<PresentTls>();
    const std::shared_ptr<HandshakeRate> handshakes_ = std::make_shared<HandshakeRate>();
};

}  // namespace ferrotunnel::detail
