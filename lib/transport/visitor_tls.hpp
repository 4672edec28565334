// TLS towards visitors: which certificate a name gets, who must show one of its own, and what is remembered between
// connections. It yields a TlsContext, so that a visitor's connection is an ordinary Pipe:
//
//     auto tls = VisitorTls::make(settings, report);              // at start; report: what could not be loaded
//     auto pipe = make_tls_pipe(std::move(socket), tls->context());
//     ... pipe->handshake(why) until ok ...
//     const VisitorHandshake* told = pipe->visitor();             // the name asked for, the protocol, the certificate
//     if (!tls->may_serve(*told, host_of_the_request)) answer 421;
//
// One SSL_CTX serves all names: a host costs its certificate and key, not a context. What changes while running
// (certificates, client CAs, ticket keys) is looked up by callbacks in immutable snapshots; a handshake keeps the one
// it began with, so a reload never disturbs it.
//
//     ClientHello -> name -> rule about client certificates, session id context -> session resumed?
//                                                                    |no: certificate of the name (exact, *.x, default)
//
// Strict: TLS 1.2 and 1.3, forward secrecy, no renegotiation, no compression, no early data. A session is resumed only
// for the name it was made for, and only under the same rule about client certificates.
#pragma once

#include <chrono>
#include <filesystem>
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
    /// ALPN, the most wanted first. A visitor that offers protocols but none of these is refused.
    std::vector<std::string> protocols{"http/1.1"};
    /// Sent as it is, without TLS, to a visitor whose first bytes are a plain HTTP request.
    std::string answer_to_plain_http{};

    friend bool operator==(const VisitorTlsSettings&, const VisitorTlsSettings&) = default;
};

class VisitorTls {
public:
    using WallTime = CertificateStore::WallTime;

    /// Reads everything. Throws TlsConfigError for settings that can not work and for a client CA that can not be read
    /// (to go on without would let everybody in). Bad certificates are in `report`, the others serve.
    static std::shared_ptr<VisitorTls> make(const VisitorTlsSettings& settings, WallTime now,
                                            CertificateReport& report);
    ~VisitorTls();
    VisitorTls(const VisitorTls&) = delete;
    VisitorTls& operator=(const VisitorTls&) = delete;

    /// What a visitor's pipe is made of. The same one for ever; it keeps what it needs alive.
    std::shared_ptr<TlsContext> context() const noexcept { return context_; }

    /// Looks for changed files and reads those. Reads files and may take long with many: for a thread that may wait,
    /// not for a worker. Any thread; two at once wait for each other. An empty optional: nothing has changed.
    std::optional<CertificateReport> reload_if_changed(WallTime now);

    /// Makes a new ticket key when it is time. Any thread, cheap; once a minute is often enough.
    void rotate_ticket_keys(TimePoint now);

    /// Whether a visitor who asks for this name, or for one that this pattern ("*.example.com") is for, is shown a
    /// certificate now. Any thread.
    bool has_certificate(std::string_view host) const;

    /// Whether a request for `host` (in the form of net/host_name.hpp) may be answered on a connection with this
    /// handshake; if not it is misdirected (421). The name of the handshake decides; a connection without a name may
    /// ask for every host that wants no client certificate.
    bool may_serve(const VisitorHandshake& handshake, std::string_view host) const;

    /// Whether it may be answered without TLS: not where a client certificate must be shown.
    bool may_serve_plain(std::string_view host) const;

private:
    struct Inner;

    VisitorTls() = default;

    std::shared_ptr<Inner> inner_;
    std::shared_ptr<TlsContext> context_;
};

}  // namespace ferrotunnel::transport
