// TLS between a client and its server, the server's certificate, and the clock.
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "doctor/limits.hpp"
#include "doctor/path_checks.hpp"
#include "release_age.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

constexpr const char* tunnel_protocol = "ferrotunnel/1";

constexpr const char* set_clock = "Set this machine's clock (`timedatectl set-ntp true`), or correct it by hand.";
constexpr const char* inspected =
    "A proxy or firewall that inspects TLS answers in the server's place: ask its administrator to exempt the server. "
    "If the server's key was changed on purpose, use the pin that it prints at start.";

Finding failed_handshake(const TlsProbe::Outcome& outcome) {
    if (outcome.is_silent) {
        return fault("The port accepts connections, but the TLS handshake gets no answer.",
                     "A firewall may drop TLS or large packets, or another program listens there: check the port, and "
                     "the server's log.");
    }
    if (outcome.is_plain) {
        return fault("The port answers, but not with TLS.",
                     "Use the server's control port (default 7835). If the server runs with `--tls off`, so must the "
                     "client.");
    }
    return fault(fmt::format("The TLS handshake failed: {}.", outcome.fault),
                 "Check that this is the server's control port (default 7835), and the server's log. A server with "
                 "`--tls off` needs clients with `--tls off`.");
}

Finding verified(const ClientSubject& at, const TlsProbe::Outcome& outcome) {
    const CertificateFacts& certificate = *outcome.certificate;
    if (!at.place.tls_pin.empty() && !has_pin(certificate, at.place.tls_pin)) {
        return fault(fmt::format("The server's key is not the pinned one: it is {}, of a certificate for \"{}\" issued "
                                 "by \"{}\".",
                                 certificate.pin, certificate.subject, certificate.issuer),
                     inspected);
    }
    if (!outcome.chain_fault.empty()) {
        return fault(fmt::format("The server's certificate for \"{}\", issued by \"{}\", cannot be verified: {}.",
                                 certificate.subject, certificate.issuer, outcome.chain_fault),
                     "Name the CA that signed it (--tls-ca), or pin the server's key (--tls-pin). An unexpected issuer "
                     "is a proxy that inspects TLS.");
    }
    if (outcome.protocol != tunnel_protocol) {
        return fault(fmt::format("The port speaks TLS, but is not a FerroTunnel server (certificate for \"{}\", issued "
                                 "by \"{}\").",
                                 certificate.subject, certificate.issuer),
                     "Correct the port (default 7835). If it is right, a proxy inspects TLS: ask its administrator to "
                     "exempt the server.");
    }
    const char* const how = !at.place.tls_pin.empty()  ? "the pinned key"
                            : !at.place.tls_ca.empty() ? "a verified certificate"
                                                       : "a key that only the token verifies";
    return good(fmt::format("TLS with {} ({}).", how, certificate.pin));
}

}  // namespace

std::optional<Finding> wrong_clock(std::optional<long> ahead, const char* whose) {
    if (!ahead || std::labs(*ahead) <= clock_tolerance_seconds) {
        return std::nullopt;
    }
    return warning(fmt::format("This machine's clock is {} s {} that of {}.", std::labs(*ahead),
                               *ahead > 0 ? "ahead of" : "behind", whose),
                   set_clock);
}

Findings check_tls(ClientSubject& at, Deadline deadline) {
    const Socket socket = std::move(at.connection.socket);  // closed at the end
    if (!at.place.tls) {
        return {note("TLS is off: anyone on the path can read and modify all traffic.")};
    }
    if (!at.place.proxy.empty() && !at.place.proxy_connects) {
        return {good("Behind a SOCKS5 proxy, the login tests TLS.")};
    }
    TlsProbe probe;
    const TlsProbe::Outcome outcome = probe.shake_hands(socket.get(), {at.place.host, tunnel_protocol, at.place.tls_ca},
                                                        within(handshake_patience, deadline));
    if (!outcome.fault.empty()) {
        return {failed_handshake(outcome)};
    }
    at.certificate = outcome.certificate;
    const Finding finding =
        outcome.certificate ? verified(at, outcome) : fault("The server has no certificate.", inspected);
    return {finding};
}

Findings check_certificate(ClientSubject& at, Deadline) {
    if (!at.certificate) {
        return {good("The login tests the server without its certificate.")};
    }
    const CertificateFacts& certificate = *at.certificate;
    const long days = certificate.days_left(std::time(nullptr));
    const bool expired = std::time(nullptr) > certificate.until;
    if (at.place.tls_ca.empty()) {  // the dates do not matter: the key or the token is what proves the server
        return {good(expired ? "The dates of the server's certificate do not matter: its key or the token proves it."
                             : fmt::format("The server's certificate is valid until {}.", date_of(certificate.until)))};
    }
    if (expired) {
        return {fault(fmt::format("The server's certificate expired on {}.", date_of(certificate.until)),
                      "Renew it on the server (`--tls-cert`). If it has been renewed, this machine's clock is wrong.")};
    }
    if (days < expiry_warning_days) {
        return {warning(
            fmt::format("The server's certificate expires on {}, in {} days.", date_of(certificate.until), days),
            "Renew it on the server (`--tls-cert`).")};
    }
    return {good(
        fmt::format("The server's certificate is valid until {}, for {} days.", date_of(certificate.until), days))};
}

Findings clock_by_itself() {
    const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
    const char* const release = OpenSSL_version(OPENSSL_VERSION);
    // A release in the future has no age. A day more, since the clock may be that of another time zone.
    constexpr std::chrono::days century{36'525};
    const bool has_date = release_age(release, today + century).has_value();
    if (has_date && !release_age(release, today + std::chrono::days(1))) {
        return {fault(fmt::format("This machine's clock shows {}, which is before this machine's OpenSSL was released.",
                                  date_of(std::time(nullptr))),
                      set_clock)};
    }
    return {};
}

Findings check_clock(ClientSubject& at, Deadline) {
    Findings findings = clock_by_itself();
    if (!findings.empty()) {
        return findings;
    }
    if (at.certificate && std::time(nullptr) < at.certificate->from) {
        const std::string what = fmt::format(
            "This machine's clock shows {}, but the server's certificate is valid "
            "from {}.",
            date_of(std::time(nullptr)), date_of(at.certificate->from));
        findings.push_back(at.place.tls_ca.empty() ? warning(what, set_clock) : fault(what, set_clock));
    } else if (auto wrong = wrong_clock(at.proxy_clock, "the proxy")) {
        findings.push_back(*wrong);
    }
    if (findings.empty()) {
        findings.push_back(
            good(at.proxy_clock ? "The clock agrees with the proxy's." : "Nothing shows that the clock is wrong."));
    }
    return findings;
}

}  // namespace ferrotunnel::cli::doctor
