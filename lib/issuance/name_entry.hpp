// A name that has, or shall have, a certificate.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "acme/identifier.hpp"
#include "acme/issued_chain.hpp"
#include "issuance/saved_records.hpp"
#include "issuance/settings.hpp"

namespace ferrotunnel::issuance {

/// The time that never comes.
inline constexpr WallTime wall_never = WallTime::max();

struct NameEntry {
    std::string name{};          // as it is shown: the host, or "*." and the domain
    acme::Identifiers names{};   // of the certificate; at least one
    std::string file{};          // of acme::file_name_of()
    bool is_configured = false;  // by the operator, who also has `domain`
    bool is_assigned = false;    // the server chose the host below `domain`
    bool is_explicit = false;    // in Settings::names: ordered even if a wildcard covers it
    std::string token{};         // the one whose client offered it last; empty for the operator's
    WallTime offered{};          // when a client last did

    std::optional<acme::IssuedChain> chain{};  // the present certificate, without its PEM
    SavedCertificate saved{};

    WallTime next = wall_never;  // when it is ordered or renewed
    WallTime window_next = wall_never;
    unsigned failures = 0;  // in a row
    std::string problem{};
    FailedWays failed_ways{};    // since the last certificate
    bool is_hint = false;        // the failure only: an optional wildcard has no TXT record
    bool is_warned = false;      // `problem` was logged as a warning, so that its end is, too
    std::uint64_t attempts = 0;  // that have ended since the start
    bool is_at_staging = false;
    bool has_passed_staging = false;  // since the last failure: a CA can reach this server by the name
    bool is_running = false;          // an order, or a request for its window
    bool has_concluded = false;       // an attempt has ended since the start
    bool is_placing = false;          // an order is about to be placed: it counts as failed until it has succeeded
    bool is_served = false;           // by a certificate of the operator's own files
    std::string ordered_by{};         // the member of the cluster that orders it now; empty: none, or this one
    bool is_removed = false;          // it is not wanted any more, but its order still runs

    // Of DueQueue:
    WallTime due = wall_never;
    bool is_ready = false;

    bool is_new() const noexcept { return !chain.has_value(); }
    /// Whether a client's new name: others are ordered first.
    bool is_of_client() const noexcept { return !is_configured; }
    /// Whether its certificate serves: a tenth of its lifetime is left.
    bool is_good(WallTime now) const noexcept {
        return chain && now < chain->not_after - (chain->not_after - chain->not_before) / 10;
    }
};

/// The name by which a certificate is known, which its files have; null if there is none.
inline const acme::Identifier* shown_identifier(const acme::Identifiers& names) {
    const auto wildcard =
        std::find_if(names.begin(), names.end(), [](const acme::Identifier& name) { return name.is_wildcard(); });
    return wildcard != names.end() ? &*wildcard : names.empty() ? nullptr : &names.front();
}

/// Without those that are not valid.
inline acme::Identifiers read_names(const std::vector<std::string>& values) {
    acme::Identifiers names;
    for (const std::string& value : values) {
        if (auto identifier = acme::read_identifier(value)) {
            names.push_back(std::move(*identifier));
        }
    }
    return names;
}

/// As a store's records have them.
inline std::vector<std::string> values_of(const acme::Identifiers& names) {
    std::vector<std::string> values;
    for (const acme::Identifier& name : names) {
        values.push_back(name.value);
    }
    return values;
}

}  // namespace ferrotunnel::issuance
