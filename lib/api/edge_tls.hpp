// TLS for visitors of a Server's edge: its certificates, and how fast handshakes may begin.
#pragma once

#include <memory>

#include "api/https_certificates.hpp"
#include "base/published.hpp"
#include "ingress/http_front.hpp"
#include "login/network_rate.hpp"

namespace ferrotunnel::detail {

/// Called by one thread at a time, that of the start or of a change. What listener() makes is for the workers.
class EdgeTls {
public:
    explicit EdgeTls(Logger& log) noexcept : log_(log) {}
    EdgeTls(const EdgeTls&) = delete;
    EdgeTls& operator=(const EdgeTls&) = delete;

    /// Reads the certificates. Throws transport::TlsConfigError.
    void open(const Https& https);
    /// Looks at their files from now on.
    void watch() { certificates_->watch(); }
    bool is_open() const noexcept { return certificates_ != nullptr; }

    /// What is to replace the present certificates; reads files, and throws like open().
    std::unique_ptr<HttpsCertificates> make(const Https& https) const;
    void replace(std::unique_ptr<HttpsCertificates> certificates);
    /// Other files, with everything else as it is.
    void set_files(const Https& https) { certificates_->set(https); }
    void set_rate(const Https& https);

    /// What listeners with TLS do; without proxies. May outlive this object, as the next two.
    ingress::HttpListenerSettings listener() const;
    /// What those without TLS do, beside those with it.
    ingress::HttpListenerSettings plain_listener() const;
    const std::shared_ptr<PresentTls>& present() const noexcept { return present_; }

    /// When no worker runs any more.
    void close() { certificates_.reset(); }

private:
    using HandshakeRate = Published<std::shared_ptr<login::NetworkRate>>;

    Logger& log_;
    std::unique_ptr<HttpsCertificates> certificates_;
    const std::shared_ptr<PresentTls> present_ = std::make_shared<PresentTls>();
    const std::shared_ptr<HandshakeRate> handshakes_ = std::make_shared<HandshakeRate>();
};

}  // namespace ferrotunnel::detail
