// A CA that a person wants to trust, with the checks that make this safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

/// A self-signed CA whose name constraints bound it to a few names.
struct TrustedCa {
    std::string name{};
    std::string pem{};                   // the certificate and nothing else
    std::string fingerprint{};           // SHA-256, hexadecimal
    std::string end{};                   // "2026-01-31"
    std::vector<std::string> allowed{};  // names of its constraints
    std::vector<std::string> excluded{};
};

/// Reads a PEM text with one certificate. Throws std::runtime_error with what is wrong, worded to follow the name of
/// the file: also if there is a private key, if it has ended, or if it could sign for any host.
TrustedCa read_trusted_ca(std::string_view pem);

/// Whether this certificate is in a PEM text with many, such as the system's list of CAs.
bool has_certificate(const std::string& bundle, const TrustedCa& ca);
/// Whether it has a certificate whose common name begins so.
bool has_certificate_named(const std::string& bundle, std::string_view beginning);

}  // namespace ferrotunnel::cli
