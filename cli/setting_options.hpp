// Options that say settings: the library knows them (ferrotunnel/detail/setting_texts.hpp).
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

/// The section with this title; it is made where there is none.
OptionSection& section_called(std::vector<OptionSection>& sections, std::string_view title);

/// What options say of settings, as texts.
std::vector<detail::SettingText> said_by(const Options& options, const SettingOptions& settings, Problems& problems);

/// What the library found wrong: where it stands in the file, or under the names of our options. What is known to be
/// wrong already is not told twice.
void add_library_problems(const std::vector<Problem>& found, const Options& options, const SettingOptions& settings,
                          Problems& problems);

/// Options override what a file has said to the builder before.
template <typename Builder>
void say_options(const Options& options, const SettingOptions& settings, Builder& builder, Problems& problems) {
    add_library_problems(detail::say(builder, said_by(options, settings, problems)), options, settings, problems);
}

}  // namespace ferrotunnel::cli
