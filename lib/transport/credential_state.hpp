// The states of handles from ferrotunnel/credential.hpp: a certificate with its key, and what peers are verified by,
// both parsed and checked.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "transport/certificate_file.hpp"
#include "transport/live.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

class CredentialState : public Live<LoadedCertificate> {
public:
    using Live::Live;
};

/// Reads and checks a certificate with its key. An empty `key`: it is in `chain`. Throws TlsConfigError.
std::shared_ptr<const LoadedCertificate> parse_credential(std::string chain, std::string_view key,
                                                          std::string_view password,
                                                          std::chrono::system_clock::time_point now);
/// Uses the present certificate of `credential` in each handshake of `context`, which keeps `credential`.
void use_live_certificate(SSL_CTX* context, CredentialState& credential);

/// CAs and pins. Immutable.
struct TrustAnchors {
    std::vector<CertificatePtr> authorities;
    StorePtr store;                 // of the authorities; null without any
    std::vector<std::string> pins;  // digests, 32 raw bytes each
    std::string digest;             // of the authorities

    bool has_same_parts(const TrustAnchors& other) const noexcept {
        return authorities.empty() == other.authorities.empty() && pins.empty() == other.pins.empty();
    }
    /// Whether the peer's key is one of the pinned ones; true without pins.
    bool accepts_key(const std::string& digest_of_key) const noexcept;
};

class TrustState : public Live<TrustAnchors> {
public:
    using Live::Live;
};

/// An empty `pem`: no authorities. Throws TlsConfigError.
std::shared_ptr<const TrustAnchors> parse_trust(std::string pem, const std::vector<std::string>& pins,
                                                std::chrono::system_clock::time_point now);

}  // namespace ferrotunnel::transport
