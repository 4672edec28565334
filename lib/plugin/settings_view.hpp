// The settings of an instance as its plugin sees them: checked values by their paths, and a place to report what is
// wrong with them.
#pragma once

#include <string>
#include <vector>

#include "config/checked_value.hpp"
#include "config/report.hpp"
#include "ferrotunnel/plugin_abi.h"
#include "plugin/note_use.hpp"

/// What a plugin has of its settings, within check and make.
struct ft_settings {
    const ferrotunnel::config::CheckedValue& value;
    /// With paths below the settings, and places where they are known.
    std::vector<ferrotunnel::config::Finding> findings{};
    std::vector<std::string> identity{};  // fields of requests that the instance alone writes
    std::vector<ferrotunnel::plugin::NoteUse> notes{};
};

namespace ferrotunnel::plugin {

/// The functions for settings (FT_SETTINGS_1).
const ft_settings_api& settings_table() noexcept;

}  // namespace ferrotunnel::plugin
