// One certificate with its chain and key, read from PEM files or texts, and checked before it is used.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

class PemText;

/// The files of a certificate. `key` may be empty if the key is in the certificate's file.
struct CertificateFiles {
    std::filesystem::path certificate{};
    std::filesystem::path key{};

    friend bool operator==(const CertificateFiles&, const CertificateFiles&) = default;
};

/// A certificate that was read. It is immutable, and shared by handshakes of all workers.
struct LoadedCertificate {
    CertificatePtr certificate;
    KeyPtr key;
    std::vector<std::shared_ptr<X509>> chain;  // the intermediate certificates, in the file's order
    ChainPtr chain_view;                       // the same chain in OpenSSL's form
    std::vector<std::string> addresses;        // IP addresses of its subjectAltName
    std::vector<std::string> hosts;            // names and "*." patterns of its subjectAltName, in normal form
    int key_type = 0;                          // EVP_PKEY_RSA, EVP_PKEY_EC, ...
    std::string content;                       // digest of the files, for detecting changes
    std::chrono::system_clock::time_point not_before;
    std::chrono::system_clock::time_point not_after;
};

/// Keeps equal intermediate certificates once: there are few, but each appears with thousands of hosts.
class ChainCertificates {
public:
    std::shared_ptr<X509> share(CertificatePtr certificate);
    /// Removes certificates that are not held any more.
    void sweep();
    std::size_t size() const noexcept { return known_.size(); }

private:
    std::unordered_map<std::string, std::weak_ptr<X509>> known_;  // by digest
};

struct CertificateReading {
    enum class About : std::uint8_t { certificate, key, pair };

    std::shared_ptr<const LoadedCertificate> loaded;  // null: `error` has the reason
    std::filesystem::path file;                       // the file that the error concerns; empty: there are none
    About about = About::certificate;                 // what the error concerns
    bool needs_password = false;                      // the error: the key is encrypted, and no password was given
    std::string error;
    std::vector<std::string> warnings;  // expired, not yet valid, a chain out of order, a key readable by all users
};

/// Reads and checks a certificate. `needs_hosts`: a certificate without a usable name is an error.
CertificateReading read_certificate(const CertificateFiles& files, bool needs_hosts,
                                    std::chrono::system_clock::time_point now, ChainCertificates& chains);

/// The texts of a certificate and its key, which may be the same; `files` is empty if they are from memory.
struct CertificateTexts {
    const PemText& certificate;
    const PemText& key;
    CertificateFiles files{};
    std::string_view password{};  // of the key; empty: none
};
/// Checks a certificate that was read already.
CertificateReading load_certificate(const CertificateTexts& texts, bool needs_hosts,
                                    std::chrono::system_clock::time_point now, ChainCertificates& chains);

/// Why a visitor could not request the certificate by name; empty if one could.
std::string host_fault(const LoadedCertificate& certificate);
/// Why a certificate is not valid now: "expired on 2026-01-31", "is not valid before 2026-01-31"; empty if it is.
std::string date_fault(const LoadedCertificate& certificate, std::chrono::system_clock::time_point now);
/// Why the chain is out of order; empty if it is in order.
std::string chain_fault(const LoadedCertificate& certificate);

}  // namespace ferrotunnel::transport
