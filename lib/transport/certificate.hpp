// Certificates and keys: self-made ones, where they are kept, and what they are pinned by.
#pragma once

#include <filesystem>
#include <string>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

struct Identity {
    KeyPtr key;
    CertificatePtr certificate;
};

/// A fresh P-256 key and a self-signed certificate of it, for ten years. Throws TlsConfigError.
Identity make_identity();

/// The one kept in `directory` (server-identity.pem: key and certificate in one file, so that they can not get out of
/// step), made at the first call. Directories are created 0700, the file 0600 by an atomic rename; of two processes
/// that start at once both use the one that came first. Throws TlsConfigError, also for a file that is damaged: making
/// a new key in its place would silently break everybody who pinned the old one.
Identity load_or_make_identity(const std::filesystem::path& directory);

/// Where that one is.
std::filesystem::path identity_path(const std::filesystem::path& directory);

/// Whether the call before would succeed, and nothing is left behind: an identity that is there is read; else the
/// directories that are missing are made for a moment. Throws TlsConfigError as it would.
void try_identity(const std::filesystem::path& directory);

/// SHA-256 of the certificate's SubjectPublicKeyInfo: 32 raw bytes.
std::string key_digest(X509* certificate);
/// "sha256:<base64>".
std::string fingerprint_text(const std::string& digest);
/// The reverse; hex (with or without colons) is understood too. Throws TlsConfigError.
std::string parse_fingerprint(const std::string& text);

/// The oldest error of this thread in OpenSSL's words, and forgets all of them.
std::string take_openssl_error();

}  // namespace ferrotunnel::transport
