#include "transport/visitor_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <new>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "transport/certificate.hpp"
#include "transport/certificate_file.hpp"
#include "transport/client_certificate.hpp"
#include "transport/key_groups.hpp"
#include "transport/pem_file.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {

namespace {

constexpr const char* tls13_suites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char* modern_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* cbc_suites =
    ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384:"
    "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA";
constexpr int security_level = 2;  // 112 bits: RSA and DH of 2048, no SHA-1 in signatures

}  // namespace

TlsGrade parse_tls_grade(std::string_view name) {
    for (TlsGrade grade : {TlsGrade::modern, TlsGrade::intermediate}) {
        if (name == name_of(grade)) {
            return grade;
        }
    }
    throw TlsConfigError("\"" + std::string(name) +
                         "\" is not a valid TLS profile: expected \"modern\" (TLS 1.3, and 1.2 with ECDHE and AEAD) or "
                         "\"intermediate\" (also 1.2 with ECDHE and AES-CBC); nothing older than TLS 1.2 is supported");
}

std::string_view name_of(TlsGrade grade) noexcept {
    return grade == TlsGrade::modern ? "modern" : "intermediate";
}

SslContextPtr make_visitor_context(TlsGrade grade) {
    SslContextPtr context(SSL_CTX_new(TLS_server_method()));
    if (!context) {
        throw TlsConfigError("cannot set up TLS: " + take_openssl_error());
    }
    SSL_CTX* native = context.get();
    prepare_for_pipe(native);
    SSL_CTX_set_security_level(native, security_level);
    SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(native, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);  // sessions are kept in tickets, by the visitors
    SSL_CTX_set_timeout(native, std::chrono::seconds(limits::visitor_session_lifetime).count());
    SSL_CTX_set_max_early_data(native, 0);
    std::string suites = modern_suites;
    suites += grade == TlsGrade::intermediate ? cbc_suites : "";
    const bool fine = SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) == 1 &&
                      SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) == 1 &&
                      SSL_CTX_set_ciphersuites(native, tls13_suites) == 1 &&
                      SSL_CTX_set_cipher_list(native, suites.c_str()) == 1 &&
                      use_key_groups(native, GroupsOf::visitors);
    if (!fine) {
        throw TlsConfigError("cannot set up TLS: " + take_openssl_error());
    }
    return context;
}

bool use_certificate(SSL* ssl, const LoadedCertificate& certificate) noexcept {
    return SSL_use_cert_and_key(ssl, certificate.certificate.get(), certificate.key.get(), certificate.chain_view.get(),
                                1) == 1;
}

std::string fault_as_visitor_certificate(const LoadedCertificate& certificate) {
    if (std::string fault = curve_fault(certificate.key.get()); !fault.empty()) {
        return fault;
    }
    static const SslContextPtr context = make_visitor_context(TlsGrade::modern);
    ERR_clear_error();
    SslPtr ssl(SSL_new(context.get()));
    return ssl && use_certificate(ssl.get(), certificate) ? std::string() : take_openssl_error();
}

namespace {

void free_running(void*, void* running, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<RunningHandshake*>(running);
}

int place_of_running() {
    static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_running);
    return place;
}

}  // namespace

RunningHandshake* running_handshake(SSL* ssl) noexcept {
    return static_cast<RunningHandshake*>(SSL_get_ex_data(ssl, place_of_running()));
}

RunningHandshake& start_running_handshake(SSL* ssl) {
    RunningHandshake* running = running_handshake(ssl);
    if (running == nullptr) {
        auto made = std::make_unique<RunningHandshake>();
        if (SSL_set_ex_data(ssl, place_of_running(), made.get()) != 1) {
            throw std::bad_alloc();
        }
        running = made.release();
    }
    return *running;
}

std::unique_ptr<VisitorHandshake> finish_visitor_handshake(SSL* ssl) {
    auto told = std::make_unique<VisitorHandshake>();
    bool sends_chain = false;
    if (RunningHandshake* running = running_handshake(ssl)) {
        sends_chain = running->sends_chain;
        told->server_name = std::move(running->server_name);
        told->authority = std::move(running->authority);
        SSL_set_ex_data(ssl, place_of_running(), nullptr);
        delete running;
    }
    const unsigned char* protocol = nullptr;
    unsigned protocol_bytes = 0;
    SSL_get0_alpn_selected(ssl, &protocol, &protocol_bytes);
    told->protocol = as_text({protocol, protocol_bytes});
    told->resumed = SSL_session_reused(ssl) == 1;
    if (X509* certificate = SSL_get0_peer_certificate(ssl)) {
        told->certificate =
            describe_client_certificate(certificate, sends_chain ? SSL_get0_verified_chain(ssl) : nullptr);
    }
    return told;
}

}  // namespace ferrotunnel::transport
