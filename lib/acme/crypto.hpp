// What the sources of this folder share of OpenSSL: owners of its objects, digests, and errors.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "acme/identifier.hpp"
#include "base/free_with.hpp"

namespace ferrotunnel::acme {

using BioPtr = std::unique_ptr<BIO, FreeWith<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, FreeWith<BN_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>>;

using Sha256 = std::array<std::uint8_t, 32>;

/// Throws std::runtime_error with `what` and OpenSSL's reason, unless `is_fine`.
void require_crypto(bool is_fine, const char* what);

Sha256 sha256_of(std::string_view text);
/// The same digest, base64url.
std::string digest_text(std::string_view text);

/// The names as subjectAltName. Throws std::runtime_error for an identifier that read_identifier() does not make.
GeneralNamesPtr general_names(const Identifiers& names);

/// A callback for readers of PEM, which would prompt for a passphrase otherwise: a CA or a file must not stop the
/// program.
int no_passphrase(char* into, int size, int is_writing, void* data) noexcept;

/// What was written to a memory BIO.
std::string text_in(BIO* bio);

}  // namespace ferrotunnel::acme
