#include "setting_options.hpp"

#include <algorithm>
#include <string>

namespace ferrotunnel::cli {
namespace {

// Of a setting, as a configuration file or a builder calls it. `https` as a whole has no option but its address.
std::string option_of(const std::string& key, const SettingOptions& settings) {
    const auto found = std::ranges::find_if(settings, [&key](const detail::SettingOption& setting) {
        return setting.problem == key || setting.path == key;
    });
    return found != settings.end() ? found->name : key == "https" ? "https-bind" : key;
}

}  // namespace

std::vector<OptionSection> sections_of(const SettingOptions& settings) {
    std::vector<OptionSection> sections;
    for (const detail::SettingOption& setting : settings) {
        if (setting.help.empty()) {
            continue;
        }
        if (sections.empty() || sections.back().title != setting.topic) {
            sections.push_back({setting.topic, {}});
        }
        sections.back().options.push_back({setting.name, setting.operand, setting.help, setting.is_repeated});
    }
    return sections;
}

OptionSection& section_called(std::vector<OptionSection>& sections, std::string_view title) {
    return *std::ranges::find(sections, title, &OptionSection::title);
}

std::vector<detail::SettingText> said_by(const Options& options, const SettingOptions& settings, Problems& problems) {
    std::vector<detail::SettingText> texts;
    for (const detail::SettingOption& setting : settings) {
        const std::optional<std::string> text = options.text(setting.name);
        if (!setting.is_said || !text) {
            continue;
        }
        if (setting.operand.empty()) {
            texts.push_back({setting.path, {options.flag(setting.name, problems) ? "on" : "off"}});
        } else {
            texts.push_back({setting.path, setting.is_repeated ? options.list(setting.name) : std::vector{*text}});
        }
    }
    return texts;
}

void add_library_problems(const std::vector<Problem>& found, const Options& options, const SettingOptions& settings,
                          Problems& problems) {
    for (const Problem& problem : found) {
        if (!problem.file.empty()) {
            problems.add(problem);
            continue;
        }
        std::string name = option_of(problem.key, settings);
        if (name == "token-file" && !options.has(name) && options.has("token")) {
            name = "token";
        }
        const std::string place = options.place_of(name);
        if (!problems.about(place)) {
            problems.add(place, problem.text);
        }
    }
}

}  // namespace ferrotunnel::cli
