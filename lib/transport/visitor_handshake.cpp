#include "transport/visitor_handshake.hpp"

#include <new>

#include "base/bytes.hpp"
#include "transport/certificate.hpp"

namespace ferrotunnel::transport {

namespace {

void free_running(void*, void* running, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<RunningHandshake*>(running);
}

int place_of_running() {
    static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_running);
    return place;
}

std::string subject_of(X509* certificate) {
    BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) {
        return {};
    }
    char* text = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(length)};
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
    if (RunningHandshake* running = running_handshake(ssl)) {
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
        told->client_subject = subject_of(certificate);
        told->client_fingerprint = fingerprint_text(key_digest(certificate));
    }
    return told;
}

}  // namespace ferrotunnel::transport
