// Options that set settings. The library declares them (ferrotunnel/detail/setting_texts.hpp).
#pragma once

#include <string_view>
#include <vector>

#include "ferrotunnel/detail/setting_texts.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

using SettingOptions = std::vector<detail::SettingOption>;

/// One section per topic.
std::vector<OptionSection> sections_of(const SettingOptions& settings);

/// The section with this title, which is added if it does not exist.
OptionSection& section_called(std::vector<OptionSection>& sections, std::string_view title);

/// The settings that the options set, as texts.
std::vector<detail::SettingText> setting_texts_of(const Options& options, const SettingOptions& settings,
                                                  Problems& problems);

/// Adds the problems that the library found: with their place in the file, or under the names of the options. An option
/// that already has a problem gets no second one.
void add_library_problems(const std::vector<Problem>& found, const Options& options, const SettingOptions& settings,
                          Problems& problems);

/// Applies the options to the builder, where they override the file.
template <typename Builder>
void apply_setting_options(const Options& options, const SettingOptions& settings, Builder& builder,
                           Problems& problems) {
    add_library_problems(detail::say(builder, setting_texts_of(options, settings, problems)), options, settings,
                         problems);
}

}  // namespace ferrotunnel::cli
