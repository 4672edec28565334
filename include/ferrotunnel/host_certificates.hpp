// Certificates that the application finds by host name, when they are needed: a handler that answers later.
//
//    https.by_host = ferrotunnel::HostCertificates([&](const std::string& host, ferrotunnel::CertificateAnswer answer)
//    {
//        store.find(host, [answer](auto found) mutable { found ? answer.use(found->credential) : answer.none(); });
//    });
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "ferrotunnel/credential.hpp"
#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

namespace detail {
class HostCertificateHandler;
class HostLookupCall;
}  // namespace detail

/// The answer to one call of a handler. It may be kept, copied, and given later, from any thread. The first answer
/// counts; one that is given after the deadline, or after the server has ended, does nothing. Destroying the last copy
/// without an answer is a failure.
class FERROTUNNEL_EXPORT CertificateAnswer {
public:
    /// The host's certificate, which must have the host in its subjectAltName, and be valid now; otherwise this is a
    /// failure, and the log has the reason. The credential may be replaced later.
    void use(const Credential& credential);
    /// The application has no certificate for this host.
    void none();
    /// It cannot be found out now: the certificate that was used before, if any, stays in use. `why` is for the log.
    void fail(const std::string& why = {});

    /// Only for the library.
    explicit CertificateAnswer(std::shared_ptr<detail::HostLookupCall> call) noexcept : call_(std::move(call)) {}

private:
    std::shared_ptr<detail::HostLookupCall> call_;
};

/// Called on a thread of its own, one call at a time, for a host in lower case without a final dot. It should not take
/// long: other hosts wait meanwhile. An exception is a failure. Server::stop(), apply() and other changes fail with
/// errc::would_deadlock in it, and it must not destroy the Server.
using CertificateHandler = std::function<void(const std::string& host, CertificateAnswer answer)>;

/// How long answers are waited for and kept.
struct HostCertificateTimes {
    /// How long a visitor waits for an answer, and how long a call may be unanswered, 100 ms to 60 s.
    std::chrono::milliseconds timeout{5'000};
    /// How long a certificate is used before it is asked for again, 1 s to 30 days. It stays in use until the answer.
    std::chrono::milliseconds kept_for{3'600'000};
    /// How long CertificateAnswer::none() holds, 1 s to a day.
    std::chrono::milliseconds none_for{60'000};
};

/// The source of certificates for hosts without one of Https::certificates, `folders` or ACME. A handle: copies are the
/// same source, and two are equal if they are copies. A default-constructed one is empty: there is none.
///
/// The handler is called only for hosts that a client has registered: when it registers an exact host, and when a
/// visitor requests, by TLS, a host that a registered pattern covers. At most 64 calls are unanswered at a time.
/// Answers are kept for at most 10,000 hosts.
class FERROTUNNEL_EXPORT HostCertificates {
public:
    HostCertificates() noexcept = default;
    /// Throws config_error for an empty handler, or a time that is out of range.
    explicit HostCertificates(CertificateHandler handler, const HostCertificateTimes& times = {});

    /// Forgets what is known of a host; the next visitor of the host causes a call. The answer to a call that is
    /// unanswered now serves only the visitors that wait for it. Visitors that are connected continue. Thread-safe.
    void forget(const std::string& host);
    void forget_all();

    bool empty() const noexcept { return handler_ == nullptr; }

    /// Only for the library.
    const std::shared_ptr<detail::HostCertificateHandler>& handler() const noexcept { return handler_; }

    friend bool operator==(const HostCertificates&, const HostCertificates&) = default;

private:
    std::shared_ptr<detail::HostCertificateHandler> handler_;
};

}  // namespace ferrotunnel
