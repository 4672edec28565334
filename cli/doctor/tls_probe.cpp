#include "doctor/tls_probe.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <array>
#include <cctype>

namespace ferrotunnel::cli::doctor {
namespace {

struct FreeX509 {
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

std::string name_of(const X509_NAME* name) {
    std::array<char, 256> text{};
    X509_NAME_oneline(name, text.data(), static_cast<int>(text.size()));
    return text.data();
}

std::time_t time_of(const ASN1_TIME* time) {
    std::tm parts{};
    return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

std::string key_digest_of(X509* certificate) {
    unsigned char* encoded = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded);
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(encoded, size > 0 ? static_cast<std::size_t>(size) : 0, reinterpret_cast<unsigned char*>(digest.data()));
    OPENSSL_free(encoded);
    return digest;
}

std::string base64_of(const std::string& bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

CertificateFacts facts_of(X509* certificate) {
    CertificateFacts facts;
    facts.subject = name_of(X509_get_subject_name(certificate));
    facts.issuer = name_of(X509_get_issuer_name(certificate));
    facts.is_self_signed = X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) == 0;
    facts.pin = "sha256:" + base64_of(key_digest_of(certificate));
    facts.from = time_of(X509_get0_notBefore(certificate));
    facts.until = time_of(X509_get0_notAfter(certificate));
    return facts;
}

bool is_ip(const std::string& host) {
    std::array<unsigned char, 16> address{};
    return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

std::string openssl_fault() {
    std::array<char, 256> text{};
    const unsigned long code = ERR_peek_error();
    if (code != 0) {
        ERR_error_string_n(code, text.data(), text.size());
    }
    const char* const reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return reason != nullptr ? reason : code != 0 ? text.data() : "the connection was closed";
}

bool is_plain_fault(unsigned long code) {
    return ERR_GET_LIB(code) == ERR_LIB_SSL &&
           (ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER || ERR_GET_REASON(code) == SSL_R_HTTP_REQUEST ||
            ERR_GET_REASON(code) == SSL_R_UNKNOWN_PROTOCOL || ERR_GET_REASON(code) == SSL_R_PACKET_LENGTH_TOO_LONG);
}

// Checks the chain and the name. Dates have a check of their own.
std::string chain_fault_of(SSL* ssl, const TlsProbe::Wish& wish) {
    X509* const certificate = SSL_get0_peer_certificate(ssl);
    X509_STORE* const store = SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl));
    X509_STORE_CTX* const context = X509_STORE_CTX_new();
    std::string fault;
    if (context == nullptr || X509_STORE_CTX_init(context, store, certificate, SSL_get_peer_cert_chain(ssl)) != 1) {
        fault = openssl_fault();
    } else {
        X509_VERIFY_PARAM* const parameters = X509_STORE_CTX_get0_param(context);
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_NO_CHECK_TIME | X509_V_FLAG_PARTIAL_CHAIN);
        is_ip(wish.host) ? X509_VERIFY_PARAM_set1_ip_asc(parameters, wish.host.c_str())
                         : X509_VERIFY_PARAM_set1_host(parameters, wish.host.c_str(), wish.host.size());
        if (X509_verify_cert(context) != 1) {
            fault = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
        }
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return fault;
}

short events_for(int error) {
    return error == SSL_ERROR_WANT_READ ? POLLIN : error == SSL_ERROR_WANT_WRITE ? POLLOUT : static_cast<short>(0);
}

bool load_authorities(SSL_CTX* context, const std::string& ca) {
    return ca == "system" ? SSL_CTX_set_default_verify_paths(context) == 1
                          : SSL_CTX_load_verify_file(context, ca.c_str()) == 1;
}

}  // namespace

bool has_pin(const CertificateFacts& certificate, std::string_view pin) {
    constexpr std::string_view prefix = "sha256:";
    if (!pin.starts_with(prefix)) {
        return false;
    }
    pin.remove_prefix(prefix.size());
    const std::string own = certificate.pin.substr(prefix.size());
    const std::string_view unpadded = std::string_view(own).substr(0, own.find('='));
    if (pin == own || pin == unpadded) {
        return true;
    }
    std::string hex;
    for (const char c : pin) {
        if (c != ':') {
            hex.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        }
    }
    std::array<unsigned char, 48> bytes{};
    EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(own.data()), static_cast<int>(own.size()));
    std::string own_hex;
    for (std::size_t i = 0; i < SHA256_DIGEST_LENGTH; ++i) {
        constexpr std::string_view digits = "0123456789abcdef";
        own_hex.push_back(digits[bytes[i] >> 4U]);
        own_hex.push_back(digits[bytes[i] & 15U]);
    }
    return hex == own_hex;
}

std::optional<CertificateFacts> read_certificate(const std::string& file, std::string& fault) {
    BIO* const bio = BIO_new_file(file.c_str(), "r");
    if (bio == nullptr) {
        fault = openssl_fault();
        return std::nullopt;
    }
    const std::unique_ptr<X509, FreeX509> certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
    BIO_free(bio);
    if (!certificate) {
        fault = "it contains no certificate";
        ERR_clear_error();
        return std::nullopt;
    }
    return facts_of(certificate.get());
}

std::string date_of(std::time_t time) {
    std::tm parts{};
    std::array<char, 32> text{};
    ::gmtime_r(&time, &parts);
    const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d", &parts);
    return {text.data(), size};
}

TlsProbe::TlsProbe() = default;
TlsProbe::~TlsProbe() = default;

void TlsProbe::Free::operator()(SSL* ssl) const noexcept {
    SSL_free(ssl);
}

TlsProbe::Outcome TlsProbe::shake_hands(int socket, const Wish& wish, Deadline deadline) {
    Outcome outcome;
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    if (context == nullptr || (!wish.ca.empty() && !load_authorities(context, wish.ca))) {
        outcome.fault = "cannot read the CAs: " + openssl_fault();
        SSL_CTX_free(context);
        return outcome;
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    ssl_.reset(SSL_new(context));
    SSL_CTX_free(context);  // the connection keeps it
    socket_ = socket;
    SSL_set_fd(ssl_.get(), socket);
    if (!is_ip(wish.host)) {
        SSL_set_tlsext_host_name(ssl_.get(), wish.host.c_str());
    }
    if (!wish.protocol.empty()) {
        const std::string list = static_cast<char>(wish.protocol.size()) + wish.protocol;
        SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()));
    }
    for (;;) {
        const int code = SSL_connect(ssl_.get());
        if (code == 1) {
            break;
        }
        const short events = events_for(SSL_get_error(ssl_.get(), code));
        if (events == 0) {
            outcome.is_plain = is_plain_fault(ERR_peek_error());
            outcome.fault = openssl_fault();
            return outcome;
        }
        if (!wait_for(socket, events, deadline)) {
            outcome.is_silent = true;
            outcome.fault = "no answer in time";
            return outcome;
        }
    }
    const unsigned char* selected = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &selected, &size);
    outcome.protocol.assign(reinterpret_cast<const char*>(selected), selected != nullptr ? size : 0);
    if (X509* const certificate = SSL_get0_peer_certificate(ssl_.get())) {
        outcome.certificate = facts_of(certificate);
        outcome.chain_fault = wish.ca.empty() ? "" : chain_fault_of(ssl_.get(), wish);
    }
    return outcome;
}

bool TlsProbe::send(std::string_view data, Deadline deadline) {
    for (;;) {
        const int code = SSL_write(ssl_.get(), data.data(), static_cast<int>(data.size()));
        if (code > 0) {
            return true;  // without partial writes all is written
        }
        const short events = events_for(SSL_get_error(ssl_.get(), code));
        if (events == 0 || !wait_for(socket_, events, deadline)) {
            ERR_clear_error();
            return false;
        }
    }
}

bool TlsProbe::receive(std::string& data, Deadline deadline) {
    std::array<char, 16'384> piece{};
    for (;;) {
        const int code = SSL_read(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
        if (code > 0) {
            data.append(piece.data(), static_cast<std::size_t>(code));
            return true;
        }
        const short events = events_for(SSL_get_error(ssl_.get(), code));
        if (events == 0 || !wait_for(socket_, events, deadline)) {
            ERR_clear_error();
            return false;
        }
    }
}

}  // namespace ferrotunnel::cli::doctor
