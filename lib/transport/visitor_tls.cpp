#include "transport/visitor_tls.hpp"

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>

#include <map>
#include <utility>

#include "base/mutex.hpp"
#include "net/client_hello.hpp"
#include "runtime/socket.hpp"
#include "transport/certificate.hpp"
#include "transport/challenge_certificate.hpp"
#include "transport/ticket_keys.hpp"
#include "transport/tls_bio.hpp"
#include "transport/visitor_context.hpp"

namespace ferrotunnel::transport {

namespace {

using WallTime = VisitorTls::WallTime;

// The list in ALPN's wire format.
std::string protocol_list(const std::vector<std::string>& protocols) {
    std::string list;
    for (const std::string& protocol : protocols) {
        if (protocol.empty() || protocol.size() > 255) {
            throw TlsConfigError("\"" + protocol + "\" is not a valid protocol name (ALPN)");
        }
        list += static_cast<char>(protocol.size());
        list += protocol;
    }
    return list;
}

std::map<std::filesystem::path, FileStamp> stamps_of(const std::vector<ClientAuthorityRule>& rules) {
    std::map<std::filesystem::path, FileStamp> stamps;
    for (const ClientAuthorityRule& rule : rules) {
        if (!rule.trust) {
            stamps[rule.ca_file] = stamp_of(rule.ca_file);
        }
    }
    return stamps;
}

std::map<std::shared_ptr<TrustState>, std::uint64_t> versions_of(const std::vector<ClientAuthorityRule>& rules) {
    std::map<std::shared_ptr<TrustState>, std::uint64_t> versions;
    for (const ClientAuthorityRule& rule : rules) {
        if (rule.trust) {
            versions[rule.trust] = rule.trust->version();
        }
    }
    return versions;
}

}  // namespace

struct VisitorTls::Inner {
    Inner(const VisitorTlsSettings& settings_in, ChallengeAnswer answer_in, HostCertificate by_host_in)
        : settings(settings_in),
          answer(std::move(answer_in)),
          by_host(std::move(by_host_in)),
          protocols(protocol_list(settings_in.protocols)),
          certificates(settings_in.certificates),
          authority_stamps(
              stamps_of(settings_in.client_authorities)),  // before the load, so that a change meanwhile is noticed
          trust_versions(versions_of(settings_in.client_authorities)),
          authorities(ClientAuthorities::load(settings_in.client_authorities)) {}

    std::shared_ptr<const ClientAuthorities> current_authorities() const {
        const MutexLock lock(mutex);
        return authorities;
    }

    bool reload_authorities();
    int judge_hello(SSL* ssl, int& alert);
    void serve(RunningHandshake& running) const;
    int judge_name(SSL* ssl, RunningHandshake& running, int& alert) const;

    static int on_client_hello(SSL* ssl, int* alert, void* inner) noexcept;
    static int on_certificate(SSL* ssl, void* inner) noexcept;
    static int on_protocols(SSL* ssl, const unsigned char** out, unsigned char* out_bytes, const unsigned char* offered,
                            unsigned offered_bytes, void* inner) noexcept;

    const VisitorTlsSettings settings;
    const ChallengeAnswer answer;
    const HostCertificate by_host;
    const std::string protocols;
    const std::string challenge_protocols = protocol_list({std::string(net::acme_tls_protocol)});
    CertificateStore certificates;
    TicketKeys tickets;

    Mutex loading;  // guards loading of client CAs
    std::map<std::filesystem::path, FileStamp> authority_stamps GUARDED_BY(loading);
    std::map<std::shared_ptr<TrustState>, std::uint64_t> trust_versions GUARDED_BY(loading);
    std::vector<CertificateProblem> authority_problems GUARDED_BY(loading);

    mutable Mutex mutex;
    std::shared_ptr<const ClientAuthorities> authorities GUARDED_BY(mutex);
};

namespace {

bool request_certificate(SSL* ssl, const ClientAuthority* authority) {
    if (authority == nullptr) {
        return true;
    }
    const int mode = SSL_VERIFY_PEER | (authority->required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0);
    SSL_set_verify(ssl, mode, nullptr);
    STACK_OF(X509_NAME)* names = SSL_dup_CA_list(authority->names.get());
    if (names == nullptr || SSL_set1_verify_cert_store(ssl, authority->store.get()) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        return false;
    }
    SSL_set_client_CA_list(ssl, names);
    return true;
}

// A session is for one name under one rule about client certificates: with any other name or rule it is unknown. A CA
// resumes none.
bool set_session_scope(SSL* ssl, const RunningHandshake& running) {
    std::string scope = running.server_name;
    scope += '\0';
    scope += running.challenge ? net::acme_tls_protocol : std::string_view(running.authority);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(scope.data()), scope.size(), digest);
    static_assert(sizeof digest <= SSL_MAX_SID_CTX_LENGTH);
    return SSL_set_session_id_context(ssl, digest, sizeof digest) == 1;
}

// The name in the ClientHello that is being read. Empty if it has none.
Result<std::string, const char*> requested_name(SSL* ssl) {
    const unsigned char* value = nullptr;
    std::size_t bytes = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &value, &bytes) != 1) {
        return std::string();
    }
    return net::read_server_name({value, bytes});
}

// Whether the ClientHello that is being read is a CA's (TLS-ALPN-01).
bool is_from_ca(SSL* ssl) {
    const unsigned char* value = nullptr;
    std::size_t bytes = 0;
    return SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &value, &bytes) == 1 &&
           net::is_ca_extension({value, bytes});
}

// The address that the visitor has connected to, as this machine has it.
std::string address_here(SSL* ssl) {
    const auto* const socket = socket_of(SSL_get_rbio(ssl));
    return socket != nullptr ? runtime::local_address(socket->fd).ip() : std::string();
}

// Neither tickets nor sessions kept here: the next connection, such as a CA's next check, is a full handshake.
bool keep_no_session(SSL* ssl) {
    SSL_set_options(ssl, SSL_OP_NO_TICKET);
    return SSL_set_num_tickets(ssl, 0) == 1;
}

}  // namespace

// Returns what OpenSSL expects: whether the handshake continues.
int VisitorTls::Inner::judge_hello(SSL* ssl, int& alert) {
    auto name = requested_name(ssl);
    const bool again = running_handshake(ssl) != nullptr;  // the second ClientHello, after a wrong guess in the first
    RunningHandshake& running = start_running_handshake(ssl);
    if (!name || (again && *name != running.server_name)) {
        running.refusal = name ? "its second ClientHello has another server name"
                               : std::string("the server name in its ClientHello ") + name.error();
        alert = SSL_AD_ILLEGAL_PARAMETER;
        return SSL_CLIENT_HELLO_ERROR;
    }
    if (again) {
        return SSL_CLIENT_HELLO_SUCCESS;
    }
    running.server_name = std::move(*name);
    if (answer && !running.server_name.empty() && is_from_ca(ssl)) {
        if (std::optional<std::string> pem = answer(running.server_name)) {
            running.challenge = challenge_certificate(PemText(std::move(*pem)), running.refusal);
            const bool set = running.challenge && keep_no_session(ssl) && set_session_scope(ssl, running);
            return set ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
        }
    }
    running.certificates = certificates.snapshot();
    return judge_name(ssl, running, alert);
}

// Sets the certificates for a name.
void VisitorTls::Inner::serve(RunningHandshake& running) const {
    running.served = running.certificates->find_own(running.server_name);
    if (running.served == nullptr && by_host) {
        if (auto found = by_host(running.server_name)) {
            running.by_host = {std::move(found)};
            running.served = &running.by_host;
        }
    }
    if (running.served == nullptr) {
        running.served = running.certificates->find(running.server_name);
    }
}

// Of a visitor, not of a CA.
int VisitorTls::Inner::judge_name(SSL* ssl, RunningHandshake& running, int& alert) const {
    if (running.server_name.empty()) {
        running.served = running.certificates->find_nameless(address_here(ssl));
    } else {
        serve(running);
    }
    if (running.served == nullptr) {
        running.refusal = running.server_name.empty()
                              ? "its ClientHello has no server name, and there is no certificate for such visitors"
                              : "there is no certificate for the name " + running.server_name;
        alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_CLIENT_HELLO_ERROR;
    }
    const auto rules = current_authorities();
    const ClientAuthority* authority = rules->find(running.server_name);
    running.authority = authority != nullptr ? authority->digest : std::string();
    running.sends_chain = authority != nullptr && authority->chain;
    const bool set = request_certificate(ssl, authority) && set_session_scope(ssl, running) &&
                     (!running.sends_chain || keep_no_session(ssl));
    return set ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

int VisitorTls::Inner::on_client_hello(SSL* ssl, int* alert, void* inner) noexcept {
    *alert = SSL_AD_INTERNAL_ERROR;
    try {
        return static_cast<Inner*>(inner)->judge_hello(ssl, *alert);
    } catch (const std::exception&) {
        return SSL_CLIENT_HELLO_ERROR;
    }
}

// Called only if no session is resumed, and a second time after a visitor's wrong guess.
int VisitorTls::Inner::on_certificate(SSL* ssl, void*) noexcept {
    RunningHandshake* running = running_handshake(ssl);
    if (running != nullptr && running->challenge) {
        return use_certificate(ssl, *running->challenge) ? 1 : 0;
    }
    if (running == nullptr || running->served == nullptr) {
        return 0;
    }
    for (const auto& certificate : *running->served) {
        if (!use_certificate(ssl, *certificate)) {
            return 0;
        }
    }
    return 1;
}

int VisitorTls::Inner::on_protocols(SSL* ssl, const unsigned char** out, unsigned char* out_bytes,
                                    const unsigned char* offered, unsigned offered_bytes, void* inner) noexcept {
    const auto& self = *static_cast<Inner*>(inner);
    const RunningHandshake* running = running_handshake(ssl);
    const std::string& ours = running != nullptr && running->challenge ? self.challenge_protocols : self.protocols;
    if (ours.empty()) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_bytes, reinterpret_cast<const unsigned char*>(ours.data()),
                              static_cast<unsigned>(ours.size()), offered, offered_bytes) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

// True when something has changed. If a file cannot be read, all rules stay as they were.
bool VisitorTls::Inner::reload_authorities() {
    const MutexLock lock(loading);
    bool changed = false;
    for (auto& [file, stamp] : authority_stamps) {
        const FileStamp before = std::exchange(stamp, stamp_of(file));
        changed = before != stamp || changed;
    }
    for (auto& [trust, version] : trust_versions) {
        const std::uint64_t before = std::exchange(version, trust->version());
        changed = before != version || changed;
    }
    if (!changed) {
        return false;
    }
    authority_problems.clear();
    try {
        auto next = ClientAuthorities::load(settings.client_authorities);
        const MutexLock swap(mutex);
        authorities.swap(next);
    } catch (const TlsConfigError& error) {
        authority_problems.push_back({{}, error.what(), false, true});
    }
    return true;
}

std::shared_ptr<VisitorTls> VisitorTls::make(const VisitorTlsSettings& settings, WallTime now,
                                             CertificateReport& report, ChallengeAnswer answer,
                                             HostCertificate by_host) {
    std::shared_ptr<VisitorTls> made(new VisitorTls);
    made->inner_ = std::make_shared<Inner>(settings, std::move(answer), std::move(by_host));
    SslContextPtr context = make_visitor_context(settings.grade);
    Inner* inner = made->inner_.get();
    SSL_CTX_set_client_hello_cb(context.get(), Inner::on_client_hello, inner);
    SSL_CTX_set_cert_cb(context.get(), Inner::on_certificate, inner);
    if (!inner->protocols.empty() || inner->answer) {
        SSL_CTX_set_alpn_select_cb(context.get(), Inner::on_protocols, inner);
    }
    inner->tickets.install(context.get());
    made->context_ = TlsContext::make_for_visitors(context.release(), made->inner_, settings.answer_to_plain_http);
    report = made->reload_if_changed(now).value_or(CertificateReport{});
    return made;
}

VisitorTls::~VisitorTls() = default;

void VisitorTls::set_certificates(CertificateSources sources) {
    inner_->certificates.set_sources(std::move(sources));
}

std::optional<CertificateReport> VisitorTls::reload_if_changed(WallTime now) {
    const bool authorities_changed = inner_->reload_authorities();
    auto report = inner_->certificates.reload_if_changed(now);
    if (!report && !authorities_changed) {
        return std::nullopt;
    }
    CertificateReport whole = report ? std::move(*report) : inner_->certificates.report();
    const MutexLock lock(inner_->loading);
    whole.problems.insert(whole.problems.end(), inner_->authority_problems.begin(), inner_->authority_problems.end());
    return whole;
}

void VisitorTls::rotate_ticket_keys(TimePoint now) {
    inner_->tickets.rotate(now);
}

std::vector<CertificateExpiry> VisitorTls::expiries() const {
    return inner_->certificates.snapshot()->expiries();
}

std::string VisitorTls::hand_over_ticket_keys(TimePoint now) const {
    return inner_->tickets.hand_over(now);
}

bool VisitorTls::take_over_ticket_keys(std::string_view text, TimePoint now) {
    return inner_->tickets.take_over(text, now);
}

bool VisitorTls::has_certificate(std::string_view host) const {
    return inner_->certificates.snapshot()->find(host) != nullptr ||
           (inner_->by_host && inner_->by_host(host) != nullptr);
}

bool VisitorTls::has_own_certificate(std::string_view host) const {
    return inner_->certificates.snapshot()->find_own(host) != nullptr;
}

bool VisitorTls::is_covered(std::string_view name, WallTime now) const {
    return inner_->certificates.snapshot()->is_covered(name, now);
}

bool VisitorTls::may_serve(const VisitorHandshake& handshake, std::string_view host) const {
    if (!handshake.server_name.empty() && handshake.server_name != host) {
        return false;
    }
    if (inner_->settings.client_authorities.empty()) {
        return true;
    }
    const auto rules = inner_->current_authorities();
    const ClientAuthority* authority = rules->find(host);
    return handshake.authority == (authority != nullptr ? std::string_view(authority->digest) : std::string_view());
}

bool VisitorTls::may_serve_plain(std::string_view host) const {
    if (inner_->settings.client_authorities.empty()) {
        return true;
    }
    const auto rules = inner_->current_authorities();
    const ClientAuthority* authority = rules->find(host);
    return authority == nullptr || !authority->required;
}

}  // namespace ferrotunnel::transport
