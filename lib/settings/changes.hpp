// Differences between the running settings and new ones.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "settings/group.hpp"

namespace ferrotunnel::detail {

/// A setting that has changed, by its key in a file: "server.http.pages".
struct SettingChange {
    std::string key;
    bool is_live = false;

    friend bool operator==(const SettingChange&, const SettingChange&) = default;
};

/// Every setting that differs, in the order of the rows; `side` is "server" or "client".
template <typename Values>
std::vector<SettingChange> changes_between(std::string_view side, const Values& before, const Values& now) {
    std::vector<SettingChange> changes;
    Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
        for (const auto& setting : rows) {
            if (!is_same(setting, part(before), part(now))) {
                changes.push_back({joined_path(side, path_of(place, setting)), setting.is_live});
            }
        }
    });
    if (before.log_level != now.log_level) {
        changes.push_back({"log.level", true});
    }
    return changes;
}

/// Copies the settings that can change at run time.
template <typename Values>
void copy_live(Values& into, const Values& from) {
    Groups<Values>::visit([&](const GroupPlace&, const auto& rows, const auto& part) {
        for (const auto& setting : rows) {
            if (setting.is_live && setting.copy != nullptr) {
                setting.copy(part(into), part(from));
            } else if (setting.is_live) {
                std::visit(
                    [&](auto at) {
                        if constexpr (!std::is_same_v<decltype(at), std::monostate>) {
                            part(into).*at = part(from).*at;
                        }
                    },
                    setting.at);
            }
        }
    });
    into.log_level = from.log_level;
}

inline bool has_changed(const std::vector<SettingChange>& changes, std::string_view key) {
    return std::any_of(changes.begin(), changes.end(), [key](const auto& change) { return change.key == key; });
}

}  // namespace ferrotunnel::detail
