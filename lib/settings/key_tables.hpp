// Key tables of groups that have readers of their own (settings/keys_*.cpp). A reader registers the keys of its table
// with its section, so that all others are unknown; the JSON Schema and docs/configuration.md are made from the same
// tables.
#pragma once

#include <span>
#include <string_view>

#include "settings/setting.hpp"

namespace ferrotunnel::detail {

std::span<const SettingFacts> root_keys() noexcept;  // of a file as a whole
std::span<const SettingFacts> log_keys() noexcept;

std::span<const SettingFacts> token_keys() noexcept;
std::span<const SettingFacts> guarded_service_keys() noexcept;
std::span<const SettingFacts> direction_keys() noexcept;  // of bytes per second
std::span<const SettingFacts> certificate_keys() noexcept;
std::span<const SettingFacts> client_certificate_keys() noexcept;
std::span<const SettingFacts> plugin_section_keys() noexcept;  // those that no row of PluginLimits declares
std::span<const SettingFacts> plugin_keys() noexcept;          // of one plugin, in addition to the key that names it

std::span<const SettingFacts> client_section_keys() noexcept;  // those that no row of ClientValues declares
std::span<const SettingFacts> disabled_service_keys() noexcept;
std::span<const SettingFacts> service_keys() noexcept;  // including the tables backend, exit and rules
std::span<const SettingFacts> visit_keys() noexcept;
std::span<const SettingFacts> backend_keys() noexcept;
std::span<const SettingFacts> exit_keys() noexcept;
std::span<const SettingFacts> exit_user_keys() noexcept;
std::span<const SettingFacts> rule_keys() noexcept;
std::span<const SettingFacts> field_rule_keys() noexcept;
std::span<const SettingFacts> redirect_keys() noexcept;
std::span<const SettingFacts> https_redirect_keys() noexcept;
std::span<const SettingFacts> hsts_keys() noexcept;
std::span<const SettingFacts> limit_keys() noexcept;

}  // namespace ferrotunnel::detail
