#include "transport/system_authorities.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>

namespace ferrotunnel::transport {
namespace {

std::size_t authorities_of(SSL_CTX* context) {
    const STACK_OF(X509_OBJECT)* const all = X509_STORE_get0_objects(SSL_CTX_get_cert_store(context));
    return static_cast<std::size_t>(sk_X509_OBJECT_num(all));
}

std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context() {
    return {SSL_CTX_new(TLS_method()), &SSL_CTX_free};
}

TEST_CASE("the system's CAs are where SSL_CERT_FILE says", "[tls]") {
    const auto with = context();
    ::setenv("SSL_CERT_FILE", "/etc/hostname", 1);  // there, and no certificate: nothing else is looked at
    CHECK(use_system_authorities(with.get()));
    CHECK(authorities_of(with.get()) == 0);
    ::unsetenv("SSL_CERT_FILE");
}

TEST_CASE("without the places that OpenSSL knows, the usual files are tried", "[tls]") {
    ::setenv("SSL_CERT_FILE", "/nowhere/file", 1);
    ::setenv("SSL_CERT_DIR", "/nowhere/folder", 1);
    const auto without = context();
    CHECK(use_system_authorities(without.get()));
    const bool has_some = ::access("/etc/ssl/certs/ca-certificates.crt", R_OK) == 0;
    CHECK((authorities_of(without.get()) > 0) == has_some);
    ::unsetenv("SSL_CERT_FILE");
    ::unsetenv("SSL_CERT_DIR");
}

}  // namespace
}  // namespace ferrotunnel::transport
