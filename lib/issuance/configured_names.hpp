// The names that an operator's settings want certificates for.
#pragma once

#include <string>
#include <vector>

#include "acme/identifier.hpp"
#include "issuance/settings.hpp"

namespace ferrotunnel::issuance {

struct ConfiguredName {
    std::string name{};  // the host, or "*." and the host
    acme::Identifiers names{};
    bool is_explicit = false;  // listed by itself, and not a part of `domain`
};

/// Whether a way for wildcards may work here.
bool can_have_wildcards(const Settings& settings) noexcept;
/// Whether hosts can be proved by a connection of the CA.
bool has_way_without_dns(const Settings& settings) noexcept;
/// `domain` with its wildcard, and `domain` alone, which is only ordered while there is no certificate with both: not
/// if DNS is the only way, which proves both or none. Then the listed names. Wildcards only if a way may work; the
/// others are in `unusable`.
std::vector<ConfiguredName> configured_names(const Settings& settings, std::vector<std::string>& unusable);

}  // namespace ferrotunnel::issuance
