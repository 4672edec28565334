#include "setting_options.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace ferrotunnel::cli {
namespace {

// The option of the setting `key`, as problems name it. `https` as a whole has no option but its address.
std::string option_of(const std::string& key, const SettingOptions& settings) {
    const auto found = std::ranges::find(settings, key, &detail::SettingOption::problem);
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
        OptionInfo option{setting.name, setting.operand, setting.brief, setting.help, setting.is_repeated};
        option.kind = setting.is_path ? ValueKind::file : ValueKind::other;
        option.words = setting.words;
        sections.back().options.push_back(std::move(option));
    }
    return sections;
}

OptionSection& section_called(std::vector<OptionSection>& sections, std::string_view title) {
    const auto found = std::ranges::find(sections, title, &OptionSection::title);
    return found != sections.end() ? *found : sections.emplace_back(OptionSection{std::string(title), {}});
}

std::vector<detail::SettingText> setting_texts_of(const Options& options, const SettingOptions& settings,
                                                  Problems& problems) {
    std::vector<detail::SettingText> texts;
    for (const detail::SettingOption& setting : settings) {
        if (!setting.is_said || !options.has(setting.name)) {
            continue;
        }
        const std::optional<std::string> text = options.text(setting.name);
        if (setting.operand.empty()) {
            texts.push_back({setting.path, {options.flag(setting.name, problems) ? "on" : "off"}});
        } else if (setting.is_repeated) {  // a variable may have an empty list
            texts.push_back({setting.path, options.list(setting.name)});
        } else if (text) {
            texts.push_back({setting.path, {*text}});
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
