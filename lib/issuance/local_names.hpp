// Names that a server's own CA is for: the hosts at hand.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier.hpp"

namespace ferrotunnel::issuance {

struct LocalSettings {
    std::filesystem::path folder{};  // with the CA and what it has issued
    std::string domain{};            // empty: none
    std::string public_host{};       // a host or an IP address; empty: none
    /// Hosts with everything below them, and IP addresses, that the operator lists.
    std::vector<std::string> names{};
    /// A CA gets the names that CAs certify; the local one issues for the others only.
    bool has_acme = false;

    friend bool operator==(const LocalSettings&, const LocalSettings&) = default;
};

/// What a CA may issue for. Verifiers obey it: it is in the CA's certificate.
struct LocalConstraints {
    std::vector<std::string> hosts{};      // and everything below them
    std::vector<std::string> single{};     // hosts with one label, without what is below them: ".dev" is everybody's
    std::vector<std::string> addresses{};  // besides loopback addresses
};

/// This machine's host name in normal form; empty if it is not a valid one.
std::string local_host_name();

LocalConstraints constraints_for(const LocalSettings& settings, const std::string& host_name);

/// The names of the certificate for this machine: localhost, loopback addresses, the host name, the public host, and
/// the addresses that the operator lists.
acme::Identifiers machine_names(const LocalSettings& settings, const std::string& host_name);

/// The domain, and its wildcard unless the domain has one label only: verifiers reject such wildcards. Empty without a
/// domain.
acme::Identifiers domain_names(const LocalSettings& settings);

/// Whether `host` is served by the certificate of domain_names().
bool has_domain_certificate(const LocalSettings& settings, std::string_view host);

/// Whether a registered host, in normal form, needs no certificate of its own: localhost, hosts of domain_names(), and
/// hosts that are left to another CA.
bool is_served_otherwise(const LocalSettings& settings, const std::string& host);

/// Whether these settings leave this name to another CA.
bool is_left_to_acme(const LocalSettings& settings, const acme::Identifier& name);

}  // namespace ferrotunnel::issuance
