// What applying settings to a running Server means: which settings differ, which of them can change, and what is wrong.
#pragma once

#include <initializer_list>
#include <string_view>
#include <vector>

#include "ferrotunnel/apply.hpp"
#include "settings/changes.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

struct SettingsComparison {
    ApplyReport report;
    std::vector<SettingChange> changes;
    ServerSettings mixed;  // what will run: the present settings with those of the new ones that are live

    bool has(std::string_view key) const { return has_changed(changes, key); }
    bool has_any(std::initializer_list<std::string_view> keys) const;
    /// Whether a setting whose key begins with this has changed.
    bool has_below(std::string_view group) const;
    bool has_live() const;
    /// The files of the certificates have changed.
    bool has_certificates() const;
    /// What handshakes are made with, beside the certificates, has changed.
    bool has_handshakes() const;
};

/// Checks `next`, for which it may read files, and compares it. Where the report has problems, the rest means nothing.
SettingsComparison compare_settings(const ServerSettings& present, ServerSettings&& next);

/// A report of a single problem.
ApplyReport refused_report(std::string key, std::string text);

}  // namespace ferrotunnel::detail
