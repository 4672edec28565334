// Compares new settings with those of a running Server: which differ, which of them can change, and their problems.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "ferrotunnel/apply.hpp"
#include "settings/rows.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

struct SettingsComparison {
    ApplyReport report;
    std::vector<SettingChange> changes;
    ServerSettings mixed;  // the settings that will run: the present ones with the changes that can be applied live

    bool has(std::string_view key) const { return has_changed(changes, key); }
    bool has_any(std::initializer_list<std::string_view> keys) const;
    /// Whether a setting whose key starts with this has changed.
    bool has_below(std::string_view group) const;
    bool has_live() const;
    /// The files of the certificates have changed.
    bool has_certificates() const;
    /// ACME was turned on or off, or its settings have changed.
    bool has_acme() const;
    /// Likewise of the server's own CA.
    bool has_own_authority() const;
    /// Settings of handshakes, other than the certificates, have changed.
    bool has_handshakes() const;
};

/// Checks `next`, for which it may read files, and compares it. If the report has problems, the rest is meaningless.
SettingsComparison compare_settings(const ServerSettings& present, ServerSettings&& next);

/// A report with a single problem.
ApplyReport refused_report(std::string key, std::string text);

}  // namespace ferrotunnel::detail
