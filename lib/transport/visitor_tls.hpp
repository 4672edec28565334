// TLS towards visitors: which certificate is used for a name, who must have a client certificate, and what is
// remembered between connections. The result is a TlsContext, so a visitor's connection is an ordinary Pipe:
//
//     auto tls = VisitorTls::make(settings, now, report);         // at start; report: what could not be loaded
//     auto pipe = make_tls_pipe(std::move(socket), tls->context());
//     ... pipe->handshake(why) until ok ...
//     const VisitorHandshake* told = pipe->visitor();             // the requested name, the protocol, the certificate
//     if (!tls->may_serve(*told, host_of_the_request)) answer 421;
//
// One SSL_CTX serves all names: a host costs its certificate and key, not a context. State that changes at run time
// (certificates, client CAs, ticket keys) is looked up by callbacks in immutable snapshots. A handshake keeps the
// snapshot it began with, so a reload never disturbs it.
//
//     ClientHello -> name -> rule about client certificates, session id context -> session resumed?
//                                                                    |no: certificate of the name (exact, *.x, default)
//
// A CA that checks a name by TLS-ALPN-01 (RFC 8737) is not a visitor: it offers only the protocol acme-tls/1, gets the
// certificate that answers it, whether or not the name has one for visitors, and no ticket. It is never requested for a
// client certificate; its connection carries no requests, and its user closes it after the handshake.
//
// Strict: TLS 1.2 and 1.3, forward secrecy, no renegotiation, no compression, no early data. A session is resumed only
// for the name it was made for, and only under the same rule about client certificates.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "transport/certificate_store.hpp"
#include "transport/client_authority.hpp"
#include "transport/tls_context.hpp"
#include "transport/visitor_context.hpp"

namespace ferrotunnel::transport {

struct VisitorTlsSettings {
    CertificateSources certificates{};
    std::vector<ClientAuthorityRule> client_authorities{};
    TlsGrade grade = TlsGrade::modern;
    /// ALPN names, the most preferred first. A visitor that offers protocols but none of these is rejected.
    std::vector<std::string> protocols{"http/1.1"};
    /// Sent unencrypted to a visitor whose first bytes are a plain HTTP request.
    std::string answer_to_plain_http{};

    friend bool operator==(const VisitorTlsSettings&, const VisitorTlsSettings&) = default;
};

/// The certificate and its key, PEM, that answers a CA's check of this server name; empty: none runs. Thread-safe, and
/// called within handshakes that offer only acme-tls/1, on workers: it must be fast.
using ChallengeAnswer = std::function<std::optional<std::string>(std::string_view server_name)>;

/// A certificate for a host that no other source has one for; null: none. Thread-safe, and called within handshakes, on
/// workers: it must be fast.
using HostCertificate = std::function<std::shared_ptr<const LoadedCertificate>(std::string_view host)>;

class VisitorTls {
public:
    using WallTime = CertificateStore::WallTime;

    /// Reads everything. Throws TlsConfigError for settings that cannot work and for a client CA that cannot be read
    /// (continuing without it would admit everyone). Bad certificates are listed in `report`; the others are served.
    /// `answer` and `by_host` may be empty.
    static std::shared_ptr<VisitorTls> make(const VisitorTlsSettings& settings, WallTime now, CertificateReport& report,
                                            ChallengeAnswer answer = {}, HostCertificate by_host = {});
    ~VisitorTls();
    VisitorTls(const VisitorTls&) = delete;
    VisitorTls& operator=(const VisitorTls&) = delete;

    /// The context that visitors' pipes are made with. It never changes, and keeps alive what it needs.
    std::shared_ptr<TlsContext> context() const noexcept { return context_; }

    /// Sets where certificates come from; the next load reads them. Thread-safe.
    void set_certificates(CertificateSources sources);

    /// Checks for changed files and reads them. With many files this may take long, so call it on a thread that may
    /// wait, not on a worker. Thread-safe; two simultaneous calls wait for each other. An empty optional: nothing has
    /// changed.
    std::optional<CertificateReport> reload_if_changed(WallTime now);

    /// Makes a new ticket key when it is time. Thread-safe, and cheap; once a minute is often enough.
    void rotate_ticket_keys(TimePoint now);

    /// The certificates for visitors that expire first. Thread-safe.
    std::vector<CertificateExpiry> expiries() const;

    /// The keys of tickets, for another process that serves the same visitors, and those of such a process; see
    /// TicketKeys. Thread-safe.
    std::string hand_over_ticket_keys(TimePoint now) const;
    bool take_over_ticket_keys(std::string_view text, TimePoint now);

    /// Whether there is a certificate now for visitors that request this name, or one that this pattern
    /// ("*.example.com") covers. Thread-safe.
    bool has_certificate(std::string_view host) const;
    /// Whether there is one from another source than the fallback and HostCertificate. Thread-safe.
    bool has_own_certificate(std::string_view host) const;
    /// Whether the operator's files have a certificate for this host, or this "*." pattern, that is not about to end;
    /// those that were ordered do not count. Thread-safe.
    bool is_covered(std::string_view name, WallTime now) const;

    /// Whether a request for `host` (in the form of net/host_name.hpp) may be answered on a connection with this
    /// handshake; if not, it is misdirected (421). The host must be the name in the handshake, if there was one, and
    /// must be under the same rule about client certificates (the same CAs, required or not, or none) as the handshake.
    bool may_serve(const VisitorHandshake& handshake, std::string_view host) const;

    /// Whether a request for `host` may be answered without TLS: not if a client certificate is required.
    bool may_serve_plain(std::string_view host) const;

private:
    struct Inner;

    VisitorTls() = default;

    std::shared_ptr<Inner> inner_;
    std::shared_ptr<TlsContext> context_;
};

}  // namespace ferrotunnel::transport
