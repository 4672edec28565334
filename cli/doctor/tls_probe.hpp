// A TLS handshake that verifies nothing but reports everything, and facts of certificates.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doctor/run_checks.hpp"
#include "doctor/socket.hpp"

using X509 = struct x509_st;
using SSL = struct ssl_st;

namespace ferrotunnel::cli::doctor {

struct CertificateFacts {
    std::string subject;
    std::string issuer;
    std::string pin;  // "sha256:..." of its key, as `--tls-pin` takes it
    std::time_t from = 0;
    std::time_t until = 0;
    bool is_self_signed = false;

    /// Whole days until it expires; negative afterwards.
    long days_left(std::time_t now) const noexcept { return static_cast<long>((until - now) / 86'400); }
};

/// Whether a pin, in base64 or hexadecimal, is that of the certificate's key.
bool has_pin(const CertificateFacts& certificate, std::string_view pin);

/// The first certificate of a PEM file. Empty, with the reason, if there is none.
std::optional<CertificateFacts> read_certificate(const std::string& file, std::string& fault);

/// "2026-11-29"
std::string date_of(std::time_t time);

/// A TLS connection over a connected socket.
class TlsProbe {
public:
    struct Wish {
        std::string host;      // for SNI and the name check; an IP address is not sent
        std::string protocol;  // of ALPN; empty: none
        std::string ca;        // PEM file or "system"; empty: no chain is checked
    };
    /// What the handshake has shown.
    struct Outcome {
        std::string fault;       // why it failed; empty: it succeeded
        bool is_silent = false;  // it failed since nothing was received
        bool is_plain = false;   // it failed since the other side does not speak TLS
        std::string protocol;    // as selected
        std::optional<CertificateFacts> certificate{};
        std::string chain_fault{};  // of the check against `ca`, whatever the dates
    };

    TlsProbe();
    ~TlsProbe();

    Outcome shake_hands(int socket, const Wish& wish, Deadline deadline);
    bool send(std::string_view data, Deadline deadline);
    bool receive(std::string& data, Deadline deadline);

private:
    int socket_ = -1;
    struct Free {
        void operator()(SSL* ssl) const noexcept;
    };
    std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace ferrotunnel::cli::doctor
