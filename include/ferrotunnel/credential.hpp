// Certificates, keys, CAs and pins from memory: handles that the application keeps, and replaces while they are in use.
//
//    auto own = ferrotunnel::Credential::from_pem(chain, ferrotunnel::Secret::from_string(std::move(key)));
//    builder.tls_certificate(own);
//    ...
//    own.replace(ferrotunnel::Credential::from_pem(next_chain, std::move(next_key)));  // for connections from now on
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel {

namespace transport {
class CredentialState;
class TrustState;
}  // namespace transport

/// A certificate chain with its private key. It is a handle: copies are the same credential, and everything that was
/// given one uses the certificate that it has at the moment. Two are equal if they are copies. A default-constructed
/// one is empty: it means that none is set. Objects may be used from different threads, and one object too, except for
/// assignment.
class FERROTUNNEL_EXPORT Credential {
public:
    Credential() noexcept = default;
    /// Reads a certificate, followed by the intermediate ones, and its private key, all in PEM form. An empty `key`:
    /// the key is in `chain`. `password` decrypts the key. The texts are overwritten; copies that the caller made are
    /// the caller's responsibility. Throws config_error if there is no certificate or key in PEM form, if the key does
    /// not belong to the certificate, if it is encrypted and `password` does not decrypt it, if it is too weak for TLS,
    /// if the certificate has expired or is not yet valid, or if the chain is out of order.
    static Credential from_pem(std::string chain, Secret key, Secret password = {});

    /// Takes over the certificate that `with` has at the moment. Connections that begin after this call use it; others
    /// continue. Throws config_error, and the old certificate stays, if `with` is empty or has expired, if this is
    /// empty, or if a place where this is in use cannot use it: visitors need a host in its subjectAltName.
    /// Thread-safe; it may take some milliseconds on a server with many certificates. Not to be called in handlers of
    /// plugins.
    void replace(const Credential& with);

    bool empty() const noexcept { return state_ == nullptr; }
    /// The public key as peers can pin it: "sha256:" and base64. Empty if this is empty, as are the others.
    std::string pin() const;
    /// The hosts in its subjectAltName.
    std::vector<std::string> hosts() const;
    /// When the certificate expires.
    std::chrono::system_clock::time_point expires() const;

    /// Only for the library.
    const std::shared_ptr<transport::CredentialState>& state() const noexcept { return state_; }

    friend bool operator==(const Credential&, const Credential&) = default;

private:
    explicit Credential(std::shared_ptr<transport::CredentialState> state) noexcept : state_(std::move(state)) {}

    std::shared_ptr<transport::CredentialState> state_;
};

/// What a peer is verified by: CAs, pinned public keys, or both. A handle like Credential.
class FERROTUNNEL_EXPORT Trust {
public:
    Trust() noexcept = default;
    /// Accepts peers with a certificate by one of these CAs, in PEM form, whose names are verified, too. With `pins`
    /// the certificate must also have one of these keys. Throws config_error if there is no certificate in PEM form, if
    /// all have expired, or for a pin that is not valid.
    static Trust authorities(std::string pem, const std::vector<std::string>& pins = {});
    /// Accepts peers with one of these public keys, whatever their certificate says: "sha256:" and base64 or
    /// hexadecimal, up to 16. While a key changes, give the old and the new one. Throws config_error.
    static Trust pins(const std::vector<std::string>& pins);

    /// Takes over what `with` has at the moment. Connections that begin after this call are verified by it; others
    /// continue. Throws config_error, and the old content stays, if either is empty, or if `with` does not have the
    /// same parts: CAs, pins, or both. Thread-safe; not to be called in handlers of plugins.
    void replace(const Trust& with);

    bool empty() const noexcept { return state_ == nullptr; }
    bool has_authorities() const noexcept;
    bool has_pins() const noexcept;

    /// Only for the library.
    const std::shared_ptr<transport::TrustState>& state() const noexcept { return state_; }

    friend bool operator==(const Trust&, const Trust&) = default;

private:
    explicit Trust(std::shared_ptr<transport::TrustState> state) noexcept : state_(std::move(state)) {}

    std::shared_ptr<transport::TrustState> state_;
};

}  // namespace ferrotunnel
