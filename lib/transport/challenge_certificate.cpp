#include "transport/challenge_certificate.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <utility>

namespace ferrotunnel::transport {

namespace {

constexpr const char* unusable_text = "the certificate that answers a CA cannot be used: ";

}  // namespace

std::shared_ptr<const LoadedCertificate> challenge_certificate(const PemText& pem, std::string& why) {
    auto all = certificates_in(pem);
    if (!all) {
        why = unusable_text + all.error();
        return nullptr;
    }
    auto key = key_in(pem, "EC");
    if (!key) {
        why = unusable_text + key.error().text;
        return nullptr;
    }
    auto loaded = std::make_shared<LoadedCertificate>();
    loaded->certificate = std::move(all->front());
    loaded->key = std::move(*key);
    loaded->chain_view.reset(sk_X509_new_null());
    if (!loaded->chain_view || X509_check_private_key(loaded->certificate.get(), loaded->key.get()) != 1) {
        ERR_clear_error();
        why = std::string(unusable_text) + "the private key does not belong to it";
        return nullptr;
    }
    return loaded;
}

}  // namespace ferrotunnel::transport
