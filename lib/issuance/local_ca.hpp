// A CA of this server's own, for local development: its key, its certificate, and what it issues.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme/crypto.hpp"
#include "acme/identifier.hpp"
#include "acme/issued_chain.hpp"
#include "acme/key.hpp"
#include "issuance/local_names.hpp"

namespace ferrotunnel::issuance {

/// "2026-01-31", of UTC.
std::string day_of(acme::WallTime time);

/// Immutable. Its certificate has name constraints (critical): whoever trusts it accepts nothing else from it.
class LocalCa {
public:
    /// Makes a key and a certificate, valid for limits::local_ca_time. `host_name` is a part of its name, so that a
    /// person finds it in a list. Throws std::runtime_error.
    static LocalCa make(const LocalConstraints& constraints, std::string_view host_name, acme::WallTime now);
    /// Reads what to_pem() has written. Throws std::runtime_error with what is wrong, worded to follow a path.
    static LocalCa from_pem(std::string_view pem);

    /// Key and certificate. Wipe it after use.
    std::string to_pem() const;
    std::string certificate_pem() const;
    std::string name() const;
    acme::WallTime not_after() const;

    /// Whether its constraints allow all these names, as verifiers see it.
    bool permits(const acme::Identifiers& names) const;
    /// Key and certificate for these names, PEM, valid for limits::local_time, but not longer than the CA. Throws
    /// std::runtime_error. Wipe it after use.
    std::string issue(const acme::Identifiers& names, acme::WallTime now) const;

    struct Issued {
        std::vector<std::string> names{};  // sorted
        acme::WallTime not_after{};
    };
    /// The facts of a certificate that it has issued, with or without the key in front. Empty names: it is another's,
    /// or damaged.
    Issued read_issued(std::string_view pem) const;

private:
    LocalCa(acme::Key key, acme::CertificatePtr certificate) noexcept
        : key_(std::move(key)), certificate_(std::move(certificate)) {}

    acme::Key key_;
    acme::CertificatePtr certificate_;
};

}  // namespace ferrotunnel::issuance
