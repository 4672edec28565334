// Certificates and keys: self-signed ones, their storage, and the digests that they are pinned by.
#pragma once

#include <filesystem>
#include <string>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

struct Identity {
    KeyPtr key;
    CertificatePtr certificate;
};

/// Makes a new P-256 key and a self-signed certificate for it, valid for ten years. Throws TlsConfigError.
Identity make_identity();

/// Returns the identity kept in `directory` (server-identity.pem: key and certificate in one file, so that they always
/// match); the first call makes it. Directories are created with mode 0700, the file with 0600: it is written under
/// another name and then linked, so that two processes that start at once both use the first one. Throws
/// TlsConfigError, also for a damaged file: making a new key in its place would silently break all clients that pinned
/// the old one.
Identity load_or_make_identity(const std::filesystem::path& directory);

/// The path of that identity's file.
std::filesystem::path identity_path(const std::filesystem::path& directory);

/// Checks whether load_or_make_identity would succeed, and leaves no files behind: an existing identity is read;
/// otherwise the missing directories are created temporarily. Throws TlsConfigError as that call would.
void try_identity(const std::filesystem::path& directory);

/// SHA-256 of the certificate's SubjectPublicKeyInfo, as 32 raw bytes.
std::string key_digest(X509* certificate);
/// Writes a digest as "sha256:<base64>".
std::string fingerprint_text(const std::string& digest);
/// The reverse of fingerprint_text; accepts hex (with or without colons) too. Throws TlsConfigError.
std::string parse_fingerprint(const std::string& text);

/// Returns this thread's oldest error in OpenSSL's words, and clears all its errors.
std::string take_openssl_error();
/// Throws TlsConfigError with `what` and OpenSSL's words unless `fine`.
void require_openssl(bool fine, const char* what);

}  // namespace ferrotunnel::transport
