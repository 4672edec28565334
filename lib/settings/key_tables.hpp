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

std::span<const SettingFacts> client_section_keys() noexcept;  // those that no row of ClientValues declares

}  // namespace ferrotunnel::detail
