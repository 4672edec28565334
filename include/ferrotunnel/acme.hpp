// Settings of certificates that a server gets by itself from a CA (ACME, RFC 8555).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferrotunnel {

/// An account that exists at the CA outside of ACME (RFC 8555, 7.3.4). CAs without such accounts need none.
struct ExternalAccount {
    std::string id{};        ///< the key identifier that the CA has issued; empty: none
    std::string hmac_key{};  ///< the key that belongs to it, base64url; it is never logged

    friend bool operator==(const ExternalAccount&, const ExternalAccount&) = default;
};

/// Certificates from a CA (Server::Builder::acme): the server orders, renews and swaps them by itself, for every exact
/// host that a client registers, for Builder::domain() with its wildcard, and for `names`. It keeps accounts and
/// certificates in Builder::state_dir(), which is required, and presents the certificates at Builder::https_bind(),
/// which is required too. Certificates of Https take precedence for their hosts. docs/https.md describes what a CA
/// needs: ports 80 or 443 reachable from the internet, or TXT records.
struct Acme {
    /// The contact that accounts are registered with, an e-mail address. Empty: none, which most CAs accept.
    std::string email{};
    /// The directories of the CAs, as URLs, the preferred first: if a CA is down or limits, the next one is used. At
    /// least one, at most 8; https, or http at a loopback address.
    std::vector<std::string> directories{"https://acme-v02.api.letsencrypt.org/directory"};
    /// The directory for trials after a failed validation, until one succeeds there. Empty: that of the CA, if it is
    /// known (Let's Encrypt).
    std::string staging{};
    /// The CAs that are trusted in connections to `directories`, PEM. Empty: the system's.
    std::string ca_file{};
    /// The CA's profile for orders, such as "shortlived". Empty: the CA's default.
    std::string profile{};
    /// For the first of `directories`.
    ExternalAccount external_account{};
    /// How control of a name may be proven, in the order in which the ways are tried: "tls-alpn-01" at https_bind(),
    /// "http-01" at http_bind(), "dns-persist-01" by a TXT record that stays, "dns-01" by `dns_command`. Only the last
    /// two can prove wildcards.
    std::vector<std::string> ways{"tls-alpn-01", "http-01", "dns-persist-01", "dns-01"};
    /// Names that are ordered without being registered by a client: hosts, wildcards ("*.example.com") and IP
    /// addresses. At most 1,000.
    std::vector<std::string> names{};
    /// The program, with its arguments, that sets TXT records for dns-01: it is called with "add" or "remove", the
    /// record's name and its value. Empty: none.
    std::vector<std::string> dns_command{};
    /// How long one call of `dns_command` may take, 1 s to an hour.
    std::chrono::milliseconds dns_command_time{120'000};
    /// The DNS server, as an IP address with an optional port, where the server looks up TXT records and the addresses
    /// of names. Empty: the system's.
    std::string dns_server{};
    /// The ports where CAs connect to validate http-01 and tls-alpn-01: other ones only for a CA of your own. With a
    /// port forwarding in front, these are its outer ports.
    std::uint16_t http_port = 80;
    std::uint16_t tls_port = 443;
    /// How many certificates may be ordered in 24 hours for the hosts of one token, up to 10,000. 0: none, so that only
    /// domain() and `names` get certificates.
    std::uint64_t orders_per_token = 50;

    friend bool operator==(const Acme&, const Acme&) = default;
};

}  // namespace ferrotunnel
