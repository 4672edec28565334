// Settings given as texts. Their options are declared in ferrotunnel/detail/setting_texts.hpp.
#pragma once

#include <vector>

#include "ferrotunnel/detail/setting_texts.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

std::vector<Problem> say(ServerSettings& settings, const std::vector<SettingText>& texts);
std::vector<Problem> say(ClientSettings& settings, const std::vector<SettingText>& texts);

}  // namespace ferrotunnel::detail
