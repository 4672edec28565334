// A plugin's view of its instance's settings: checked values by their paths, and a place to report faults.
#pragma once

#include <string>
#include <vector>

#include "config/checked_value.hpp"
#include "config/report.hpp"
#include "ferrotunnel/plugin_abi.h"
#include "plugin/note_use.hpp"

/// The settings of a plugin, within check and make.
struct ft_settings {
    const ferrotunnel::config::CheckedValue& value;
    /// With paths below the settings, and places if known.
    std::vector<ferrotunnel::config::Finding> findings{};
    std::vector<std::string> identity{};  // request fields that only the instance writes
    std::vector<ferrotunnel::plugin::NoteUse> notes{};
    bool looks_up_tokens = false;
};

namespace ferrotunnel::plugin {

/// The functions for settings (FT_SETTINGS_1).
const ft_settings_api& settings_table() noexcept;

}  // namespace ferrotunnel::plugin
