// Reads settings that are lists of texts.
#pragma once

#include <string>
#include <vector>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

inline std::vector<std::string> settings_list(const plugin::Settings& settings, const std::string& path) {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < settings.count(path); ++i) {
        items.emplace_back(settings.text(path + "[" + std::to_string(i) + "]").value_or(plugin::Text()));
    }
    return items;
}

}  // namespace ferrotunnel::plugins
