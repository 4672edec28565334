// Owning pointers to OpenSSL's objects.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>

#include "base/free_with.hpp"

namespace ferrotunnel::transport {

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using SslContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using StorePtr = std::unique_ptr<X509_STORE, FreeWith<X509_STORE_free>>;

/// Frees a stack that does not own its elements.
inline void free_view(STACK_OF(X509) * view) noexcept {
    sk_X509_free(view);
}
using ChainPtr = std::unique_ptr<STACK_OF(X509), FreeWith<free_view>>;
inline void free_names(STACK_OF(X509_NAME) * names) noexcept {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
}
using NameListPtr = std::unique_ptr<STACK_OF(X509_NAME), FreeWith<free_names>>;

}  // namespace ferrotunnel::transport
