// Options that set settings. The library declares them (ferrotunnel/detail/setting_texts.hpp).
#pragma once

#include <string_view>
#include <vector>

#include "ferrotunnel/detail/setting_texts.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

using SettingOptions = std::vector<detail::SettingOption>;

/// A section for each topic.
std::vector<OptionSection> sections_of(const SettingOptions& settings);

/// The section with this title; it is made if there is none.
OptionSection& section_called(std::vector<OptionSection>& sections, std::string_view title);

/// The settings that options set, as texts.
std::vector<detail::SettingText> said_by(const Options& options, const SettingOptions& settings, Problems& problems);

/// Adds what the library found wrong: with its place in the file, or under the names of our options. An option that has
/// a problem already gets no second one.
void add_library_problems(const std::vector<Problem>& found, const Options& options, const SettingOptions& settings,
                          Problems& problems);

/// Sets what the options say in the builder, where they override what a file has set before.
template <typename Builder>
void say_options(const Options& options, const SettingOptions& settings, Builder& builder, Problems& problems) {
    add_library_problems(detail::say(builder, said_by(options, settings, problems)), options, settings, problems);
}

}  // namespace ferrotunnel::cli
