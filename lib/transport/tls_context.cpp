#include "transport/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <utility>

#include "base/check.hpp"
#include "transport/backend_sessions.hpp"
#include "transport/certificate.hpp"
#include "transport/credential_state.hpp"
#include "transport/key_groups.hpp"
#include "transport/pem_file.hpp"
#include "transport/system_authorities.hpp"
#include "transport/tls_bio.hpp"

namespace ferrotunnel::transport {

namespace {

// Our one protocol name in wire format: a length and the name.
constexpr unsigned char alpn_list[] =
    "\x0d"
    "ferrotunnel/1";
constexpr unsigned alpn_list_bytes = sizeof alpn_list - 1;
static_assert(alpn_list_bytes == 14);

int choose_alpn(SSL*, const unsigned char** out, unsigned char* out_bytes, const unsigned char* offered,
                unsigned offered_bytes, void*) {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_bytes, alpn_list, alpn_list_bytes, offered, offered_bytes) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SSL_CTX* make_native(const SSL_METHOD* method) {
    SSL_CTX* context = SSL_CTX_new(method);
    require_openssl(context != nullptr, "cannot set up TLS");
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    prepare_for_pipe(context);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    bool fine = SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
                SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
                SSL_CTX_set_ciphersuites(
                    context, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384") == 1 &&
                use_key_groups(context, GroupsOf::peers);
    if (!fine) {
        SSL_CTX_free(context);
        require_openssl(false, "cannot set up TLS");
    }
    return context;
}

// Backends choose their own protocols and suites, so only broken ones are excluded; the rest are the system's defaults.
SSL_CTX* make_native_for_backend() {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    require_openssl(context != nullptr, "cannot set up TLS");
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    prepare_for_pipe(context);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(context);
        require_openssl(false, "cannot set up TLS");
    }
    return context;
}

// A key with a passphrase must not stop the program at a prompt.
int no_pass_phrase(char*, int, int, void*) {
    return 0;
}

std::string if_exposed(const std::filesystem::path& key) {
    return others_may_read(key) ? key.string() : std::string();
}

// OpenSSL would skip the first certificate after a byte order mark, and use the next one instead.
void require_plain_text(const std::filesystem::path& file) {
    if (const std::string fault = encoding_fault(file); !fault.empty()) {
        throw TlsConfigError(file.string() + ' ' + fault);
    }
}

void use_files(SSL_CTX* context, const std::filesystem::path& certificate, const std::filesystem::path& key) {
    if (certificate.empty() || key.empty()) {
        throw TlsConfigError("a certificate needs its key and a key its certificate: give both files");
    }
    require_plain_text(certificate);
    require_plain_text(key);
    SSL_CTX_set_default_passwd_cb(context, no_pass_phrase);
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        throw TlsConfigError(certificate.string() +
                             ": no certificate in PEM form could be read: " + take_openssl_error());
    }
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        throw TlsConfigError(key.string() + ": no private key of " + certificate.string() +
                             " in PEM form, without a passphrase, could be read: " + take_openssl_error());
    }
    require_openssl(SSL_CTX_check_private_key(context) == 1, "the private key does not belong to the certificate");
    if (const std::string fault = curve_fault(SSL_CTX_get0_privatekey(context)); !fault.empty()) {
        throw TlsConfigError(certificate.string() + " cannot be used: " + fault);
    }
}

void use_identity(SSL_CTX* context, const Identity& identity) {
    require_openssl(SSL_CTX_use_certificate(context, identity.certificate.get()) == 1 &&
                        SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1,
                    "cannot use the self-signed certificate");
}

void use_authority(SSL_CTX* context, const std::filesystem::path& file) {
    require_plain_text(file);
    if (SSL_CTX_load_verify_file(context, file.c_str()) != 1) {
        throw TlsConfigError(file.string() + ": no CA certificate in PEM form could be read: " + take_openssl_error());
    }
}

std::string own_fingerprint(SSL_CTX* context) {
    X509* certificate = SSL_CTX_get0_certificate(context);
    return certificate != nullptr ? fingerprint_text(key_digest(certificate)) : std::string();
}

}  // namespace

void prepare_for_pipe(SSL_CTX* context) noexcept {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_default_read_buffer_len(context, tls_read_buffer_bytes);
}

std::shared_ptr<TlsContext> TlsContext::make_server(const TlsServerSettings& settings) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->server_ = true;
    made->context_ = make_native(TLS_server_method());
    SSL_CTX* context = made->context_;
    SSL_CTX_set_alpn_select_cb(context, choose_alpn, nullptr);
    if (settings.credential) {
        made->set_credential(settings.credential);
    } else if (!settings.certificate_file.empty() || !settings.key_file.empty()) {
        use_files(context, settings.certificate_file, settings.key_file);
        made->certificate_file_ = settings.certificate_file;
        made->exposed_key_ = if_exposed(settings.key_file);
    } else {
        use_identity(context, settings.state_directory.empty() ? make_identity()
                                                               : load_or_make_identity(settings.state_directory));
        made->exposed_key_ =
            settings.state_directory.empty() ? std::string() : if_exposed(identity_path(settings.state_directory));
    }
    if (!settings.client_ca_file.empty()) {
        use_authority(context, settings.client_ca_file);
        SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(settings.client_ca_file.c_str()));
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        made->verifies_ = true;
    }
    made->fingerprint_ = own_fingerprint(context);
    return made;
}

void TlsContext::set_credential(const std::shared_ptr<CredentialState>& credential) {
    credential_ = credential;
    use_live_certificate(context_, *credential_);
}

std::string TlsContext::fingerprint() const {
    return credential_ ? fingerprint_text(key_digest(credential_->current()->certificate.get())) : fingerprint_;
}

bool TlsContext::is_pinned() const noexcept {
    return pin_ || (trust_ && !trust_->current()->pins.empty());
}

bool TlsContext::shows_the_same(const TlsContext& other) const noexcept {
    if (credential_ || other.credential_) {
        return credential_ == other.credential_;
    }
    X509* const own = SSL_CTX_get0_certificate(context_);
    X509* const others = SSL_CTX_get0_certificate(other.context_);
    STACK_OF(X509)* own_chain = nullptr;
    STACK_OF(X509)* other_chain = nullptr;
    SSL_CTX_get_extra_chain_certs(context_, &own_chain);
    SSL_CTX_get_extra_chain_certs(other.context_, &other_chain);
    bool same = own != nullptr && others != nullptr && X509_cmp(own, others) == 0 &&
                sk_X509_num(own_chain) == sk_X509_num(other_chain);
    for (int i = 0; same && i < sk_X509_num(own_chain); ++i) {
        same = X509_cmp(sk_X509_value(own_chain, i), sk_X509_value(other_chain, i)) == 0;
    }
    return same;
}

std::optional<CertificateExpiry> TlsContext::expiry() const {
    if (credential_) {
        return expiry_of(credential_->current()->certificate.get(), {});
    }
    X509* const certificate = is_for_visitors() ? nullptr : SSL_CTX_get0_certificate(context_);
    return certificate != nullptr ? std::optional(expiry_of(certificate, certificate_file_)) : std::nullopt;
}

std::shared_ptr<TlsContext> TlsContext::make_client(const TlsClientSettings& settings) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->context_ = make_native(TLS_client_method());
    SSL_CTX* context = made->context_;
    require_openssl(SSL_CTX_set_alpn_protos(context, alpn_list, alpn_list_bytes) == 0, "cannot set up TLS");
    if (!settings.certificate_file.empty() || !settings.key_file.empty()) {
        use_files(context, settings.certificate_file, settings.key_file);
        made->certificate_file_ = settings.certificate_file;
    }
    if (!settings.ca_file.empty()) {
        use_authority(context, settings.ca_file);
        made->verifies_ = true;
    }
    if (settings.system_ca) {
        require_openssl(use_system_authorities(context), "cannot load the system's CA certificates");
        made->verifies_ = true;
    }
    if (settings.trust) {
        made->trust_ = settings.trust;
        made->verifies_ = settings.trust->current()->store != nullptr;
    }
    if (made->verifies_ && settings.server_name.empty()) {
        throw TlsConfigError("to verify the server's certificate its name or address must be known");
    }
    SSL_CTX_set_verify(context, made->verifies_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (!settings.pin.empty()) {
        made->pin_ = parse_fingerprint(settings.pin);
    }
    made->server_name_ = settings.server_name;
    made->fingerprint_ = own_fingerprint(context);
    return made;
}

std::shared_ptr<TlsContext> TlsContext::for_server(std::string server_name) const {
    check(use_ == Use::tunnels && !server_ && !server_name.empty(), "a client's context for a server with a name");
    std::shared_ptr<TlsContext> made(new TlsContext);
    require_openssl(SSL_CTX_up_ref(context_) == 1, "cannot share a TLS context");
    made->context_ = context_;
    made->verifies_ = verifies_;
    made->fingerprint_ = fingerprint_;
    made->certificate_file_ = certificate_file_;
    made->server_name_ = std::move(server_name);
    made->pin_ = pin_;
    made->trust_ = trust_;
    return made;
}

std::shared_ptr<TlsContext> TlsContext::make_for_backend(const TlsBackendSettings& settings) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->use_ = Use::backends;
    made->context_ = make_native_for_backend();
    SSL_CTX* context = made->context_;
    made->trust_ = settings.trust;
    made->verifies_ = settings.trust ? settings.trust->current()->store != nullptr : !settings.insecure;
    made->server_name_ = settings.server_name;
    made->words_ = settings.words;
    if (!settings.protocol.empty()) {
        const std::string list = static_cast<char>(settings.protocol.size()) + settings.protocol;
        require_openssl(SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(list.data()),
                                                static_cast<unsigned>(list.size())) == 0,
                        "cannot set up TLS");
        made->needed_protocol_ = settings.protocol == "h2" ? settings.protocol : std::string();
    }
    if (made->verifies_ && (made->trust_ || !settings.ca_file.empty())) {
        if (!made->trust_) {
            use_authority(context, settings.ca_file);
        }
        // The backend's own certificate is enough, even if another CA has signed that certificate.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context), X509_V_FLAG_PARTIAL_CHAIN);
    } else if (made->verifies_) {
        require_openssl(use_system_authorities(context), "cannot load the system's CA certificates");
    }
    SSL_CTX_set_verify(context, made->verifies_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    if (settings.credential) {
        made->set_credential(settings.credential);
    } else if (!settings.certificate_file.empty() || !settings.key_file.empty()) {
        use_files(context, settings.certificate_file, settings.key_file);
        made->certificate_file_ = settings.certificate_file;
        made->exposed_key_ = if_exposed(settings.key_file);
    }
    made->sessions_ = std::make_unique<BackendSessions>();
    made->sessions_->collect_from(context);
    return made;
}

std::shared_ptr<TlsContext> TlsContext::make_for_visitors(SSL_CTX* context, std::shared_ptr<void> keeps,
                                                          std::string answer_to_plain_http) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->use_ = Use::visitors;
    made->server_ = true;
    made->context_ = context;
    made->keeps_ = std::move(keeps);
    made->answer_to_plain_http_ = std::move(answer_to_plain_http);
    return made;
}

std::shared_ptr<TlsContext> TlsContext::make_for_links(SSL_CTX* context, bool accepts, std::shared_ptr<void> keeps) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->use_ = Use::links;
    made->server_ = accepts;
    made->context_ = context;
    made->keeps_ = std::move(keeps);
    return made;
}

TlsContext::TlsContext() = default;

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

}  // namespace ferrotunnel::transport
