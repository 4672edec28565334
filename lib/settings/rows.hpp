// The rows of a side, group by group, and generic operations on them: reading, checking bounds, comparing, copying.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "settings/acme.hpp"
#include "settings/cluster.hpp"
#include "settings/http.hpp"
#include "settings/https.hpp"
#include "settings/plugins.hpp"
#include "settings/setting.hpp"
#include "settings/settings.hpp"
#include "settings/traces.hpp"

namespace ferrotunnel::detail {

/// The place of a group of settings.
struct GroupPlace {
    std::string_view path{};          // within its section of a file: "https"; empty: the section itself
    std::string_view problem_path{};  // in problems: the builder's call for the group, "http_settings"
    bool is_optional = false;         // its presence in a file has an effect
};

/// Joins "timing" and "ping_interval" with a dot; either may be empty.
inline std::string joined_path(std::string_view path, std::string_view key) {
    return std::string(path) + (path.empty() || key.empty() ? "" : ".") + std::string(key);
}

inline std::string path_of(const GroupPlace& place, const SettingFacts& setting) {
    return joined_path(place.path, setting.key);
}

/// The setting's name in problems and origins.
inline std::string problem_path_of(const GroupPlace& place, const SettingFacts& setting) {
    return joined_path(place.problem_path, setting.problem.empty() ? setting.key : setting.problem);
}

inline constexpr GroupPlace timing_place{"timing", "timing"};
inline constexpr GroupPlace http_place{"http", "http_settings"};
inline constexpr GroupPlace https_place{"https", "https"};
inline constexpr GroupPlace acme_place{"acme", "acme", true};
inline constexpr GroupPlace cluster_place{"cluster", "cluster", true};
inline constexpr GroupPlace traces_place{"traces", "traces"};
inline constexpr GroupPlace plugins_place{"plugins", "plugin_limits"};

/// Calls `visit(place, rows, part)` for each group of a side; `part(values)` is the group within the side's values.
template <typename Values>
struct Groups;

template <>
struct Groups<ServerValues> {
    template <typename Visit>
    static void visit(Visit visit) {
        visit(
            GroupPlace{}, server_settings(), [](auto& values) -> auto& { return values; });
        visit(
            GroupPlace{}, common_settings(), [](auto& values) -> auto& { return values; });
        visit(
            timing_place, timing_settings(), [](auto& values) -> auto& { return values.timing; });
        visit(
            http_place, http_settings(), [](auto& values) -> auto& { return values.http; });
        visit(
            https_place, https_settings(), [](auto& values) -> auto& { return values.https; });
        visit(
            acme_place, acme_settings(), [](auto& values) -> auto& { return values.acme; });
        visit(
            cluster_place, cluster_settings(), [](auto& values) -> auto& { return values.cluster; });
        visit(
            traces_place, traces_settings(), [](auto& values) -> auto& { return values.traces; });
        visit(
            plugins_place, std::span(plugin_limit_settings),
            [](auto& values) -> auto& { return values.plugin_limits; });
    }
};

template <>
struct Groups<ClientValues> {
    template <typename Visit>
    static void visit(Visit visit) {
        visit(
            GroupPlace{}, client_settings(), [](auto& values) -> auto& { return values; });
        visit(
            GroupPlace{}, common_settings(), [](auto& values) -> auto& { return values; });
        visit(
            timing_place, timing_settings(), [](auto& values) -> auto& { return values.timing; });
        visit(
            timing_place, reconnect_settings(), [](auto& values) -> auto& { return values.timing; });
    }
};

/// Calls `visit` with the setting's value in `group`. Does nothing for a section.
template <typename Group, typename Values, typename Visit>
void visit_value(const Setting<Group>& setting, Values& group, Visit visit) {
    std::visit(
        [&](auto at) {
            if constexpr (!std::is_same_v<decltype(at), std::monostate>) {
                visit(group.*at);
            }
        },
        setting.at);
}

/// Appends a problem for each value that is not within its bounds.
template <typename Rows, typename Values>
void check_bounds(const GroupPlace& place, const Rows& rows, const Values& group, std::vector<Problem>& problems) {
    for (const auto& setting : rows) {
        visit_value(setting, group, [&](const auto& value) {
            if (auto wrong = out_of_bounds(setting, value)) {
                problems.push_back({problem_path_of(place, setting), std::move(*wrong)});
            }
        });
    }
}

/// Whether the setting is the same in two groups.
template <typename Group>
bool is_same(const Setting<Group>& setting, const std::type_identity_t<Group>& a,
             const std::type_identity_t<Group>& b) {
    return std::visit(
        [&](auto at) {
            if constexpr (std::is_same_v<decltype(at), std::monostate>) {
                return setting.is_same == nullptr || setting.is_same(a, b);
            } else {
                return a.*at == b.*at && (setting.is_same == nullptr || setting.is_same(a, b));
            }
        },
        setting.at);
}

/// Erases the origins of the settings that the application has changed; the others still come from the file.
template <typename Rows, typename Before, typename Now>
void forget_changed(const GroupPlace& place, const Rows& rows, const Before& before, const Now& now,
                    Attached& attached) {
    for (const auto& setting : rows) {
        if (!is_same(setting, before, now)) {
            attached.origins.erase(problem_path_of(place, setting));
            attached.origins.erase(std::string(place.problem_path));
        }
    }
}

/// Sets a setting outside of groups to the application's value.
template <typename Values, typename Settings, typename Given>
void replace_value(Settings& settings, std::string_view key, Given given) {
    bool found = false;
    Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
        for (const auto& setting : rows) {
            if (place.path.empty() && setting.key == key) {
                visit_value(setting, part(settings), [&](auto& value) { found = assign_value(value, given); });
                settings.origins.erase(problem_path_of(place, setting));
            }
        }
    });
    check(found, "a setting that a builder sets exists");
}

/// Sets a group to the application's values.
template <typename Group>
void replace_group(const GroupPlace& place, std::span<const Setting<Group>> rows, Group& group, Group now,
                   Attached& attached) {
    forget_changed(place, rows, group, now, attached);
    group = std::move(now);
}

inline void replace_timing(Timing& timing, const Timing& now, Attached& attached) {
    forget_changed(timing_place, reconnect_settings(), timing, now, attached);
    replace_group(timing_place, timing_settings(), timing, now, attached);
}

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
