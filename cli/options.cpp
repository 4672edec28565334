#include "options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <set>
#include <utility>

#include "environment.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/detail/time_text.hpp"
#include "foreign_words.hpp"
#include "value_words.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view variable_prefix = "FERROTUNNEL_";

std::vector<std::string> dashed_names(const CommandInfo& command) {
    std::vector<std::string> names{"--help"};
    for (const OptionSection& section : command.sections) {
        for (const OptionInfo& option : section.options) {
            names.push_back("--" + option.name);
        }
    }
    return names;
}

// Reports an unknown option. The option that was probably meant is then not reported as missing too.
void report_unknown(const std::string& name, const std::vector<std::string>& known, Problems& problems) {
    const std::string here = equivalent_option(name, known);
    problems.add(name, "no such option" + (here.empty() ? detail::did_you_mean(name, known) : "; use " + here));
    problems.excuse(here.empty() ? detail::nearest(name, known) : here);
}

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts;
    while (true) {
        const std::size_t begin = text.find_first_not_of(", \t\n");
        if (begin == std::string_view::npos) {
            return parts;
        }
        const std::size_t end = std::min(text.find_first_of(", \t\n", begin), text.size());
        parts.emplace_back(text.substr(begin, end - begin));
        text.remove_prefix(end);
    }
}

std::string joined(const std::vector<std::string>& words) {
    return fmt::format("{}", fmt::join(words, ", "));
}

template <typename Number>
std::optional<Number> whole_number(std::string_view text) {
    Number number{};
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size();
    return whole ? std::optional<Number>(number) : std::nullopt;
}

void add_variables(const CommandInfo& command, std::set<std::string>& to) {
    for (const OptionSection& section : command.sections) {
        for (const OptionInfo& option : section.options) {
            if (option.has_variable) {
                to.insert(variable_of(option.name));
            }
        }
    }
}

}  // namespace

std::string variable_of(std::string_view option) {
    std::string name(variable_prefix);
    for (char c : option) {
        name += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
    return name;
}

void Options::parse(std::vector<std::string> words, Problems& problems) {
    read_words(words, problems);
    read_environment();
    check_values(problems);
}

void Options::read_words(std::vector<std::string>& words, Problems& problems) {
    CLI::App parser;
    parser.set_help_flag();
    parser.allow_extras();
    for (const OptionSection& section : command_.sections) {
        for (const OptionInfo& option : section.options) {
            CLI::callback_t take = [this, &option](const CLI::results_t& texts) {
                values_[option.name] = {texts, false};
                return true;
            };
            if (option.value.empty()) {
                parser.add_flag_callback("--" + option.name, [this, &option] {
                    values_[option.name] = {{"on"}, false};
                });
            } else {
                // A missing value must not end the parsing, since all problems are reported together: it is read as "".
                const std::string letter = option.letter == 0 ? "" : std::string{'-', option.letter, ','};
                parser.add_option(letter + "--" + option.name, take)
                    ->expected(0, 1)
                    ->allow_extra_args(false)
                    ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
            }
        }
    }
    if (!command_.operand.empty()) {
        CLI::callback_t take = [this](const CLI::results_t& texts) {
            operand_ = texts.front();
            return true;
        };
        parser.add_option("operand", take);
    }
    try {
        std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
        parser.parse(words);
        report_extras(parser.remaining(), problems);
    } catch (const CLI::ParseError& error) {
        problems.add("command line", error.what());
    }
}

void Options::report_extras(const std::vector<std::string>& extras, Problems& problems) const {
    const std::vector<std::string> known = dashed_names(command_);
    bool after_unknown = false;  // the word after an unknown option may be its value, and a secret
    for (const std::string& word : extras) {
        if (word.starts_with('-') && word.size() > 1) {
            const std::string name = word.substr(0, word.find('='));
            report_unknown(name, known, problems);
            after_unknown = true;
        } else if (!after_unknown) {
            const std::string here = here_run(word);
            problems.add(word, "unexpected: `" + command_.name + "` takes options" +
                                   (command_.operand.empty() ? " only" : " and one " + command_.operand) +
                                   (here.empty() ? "" : "; " + here));
        }
    }
}

void Options::read_environment() {
    for (const OptionSection& section : command_.sections) {
        for (const OptionInfo& option : section.options) {
            std::string text = environment_variable(variable_of(option.name).c_str());
            if (text.empty() || !option.has_variable || values_.contains(option.name)) {
                continue;
            }
            values_[option.name] = {option.repeatable ? split_list(text) : std::vector{std::move(text)}, true};
        }
    }
}

void Options::check_values(Problems& problems) const {
    for (const OptionSection& section : command_.sections) {
        for (const OptionInfo& option : section.options) {
            auto found = values_.find(option.name);
            if (found == values_.end() || option.value.empty()) {
                continue;
            }
            const std::vector<std::string>& texts = found->second.texts;
            if (std::find(texts.begin(), texts.end(), "") != texts.end()) {
                problems.add(place_of(option.name), "needs a value: " + option.value);
            }
        }
    }
}

bool Options::from_environment(std::string_view name) const {
    auto found = values_.find(name);
    return found != values_.end() && found->second.from_environment;
}

std::string Options::place_of(std::string_view name) const {
    return from_environment(name) ? variable_of(name) : "--" + std::string(name);
}

std::optional<std::string> Options::text(std::string_view name) const {
    auto found = values_.find(name);
    if (found == values_.end() || found->second.texts.empty() || found->second.texts.back().empty()) {
        return std::nullopt;
    }
    return found->second.texts.back();
}

std::vector<std::string> Options::list(std::string_view name) const {
    auto found = values_.find(name);
    std::vector<std::string> texts = found == values_.end() ? std::vector<std::string>() : found->second.texts;
    std::erase(texts, "");
    return texts;
}

bool Options::flag(std::string_view name, Problems& problems) const {
    static const std::set<std::string_view> yes{"1", "on", "true", "yes"};
    static const std::set<std::string_view> no{"0", "off", "false", "no"};
    const std::optional<std::string> value = text(name);
    if (value && !yes.contains(*value) && !no.contains(*value)) {
        problems.add(place_of(name), "\"" + *value + "\" is not valid; expected on or off");
    }
    return value && yes.contains(*value);
}

std::optional<std::size_t> Options::number(std::string_view name, std::size_t max, Problems& problems) const {
    const std::optional<std::string> value = text(name);
    if (!value) {
        return std::nullopt;
    }
    const std::optional<std::size_t> number = whole_number<std::size_t>(*value);
    if (!number || *number > max) {
        problems.add(place_of(name), fmt::format("\"{}\" is not a valid whole number from 0 to {}", *value, max));
        return std::nullopt;
    }
    return number;
}

std::optional<std::chrono::milliseconds> Options::time(std::string_view name, Problems& problems,
                                                       std::chrono::milliseconds most) const {
    const std::optional<std::string> value = text(name);
    const std::optional<std::chrono::milliseconds> read = value ? detail::read_time(*value, most) : std::nullopt;
    if (value && !read) {
        problems.add(
            place_of(name),
            fmt::format("\"{}\" is not a valid time; expected one like 30s, 500ms or 2m, or a number of seconds",
                        *value));
    }
    return read;
}

std::optional<std::string> Options::choice(std::string_view name, Problems& problems) const {
    for (const OptionSection& section : command_.sections) {
        const auto option = std::ranges::find(section.options, name, &OptionInfo::name);
        if (option != section.options.end()) {
            return choice(name, words_of(*option), problems);
        }
    }
    return std::nullopt;
}

std::optional<std::string> Options::choice(std::string_view name, const std::vector<std::string>& choices,
                                           Problems& problems) const {
    std::optional<std::string> value = text(name);
    if (value && std::find(choices.begin(), choices.end(), *value) == choices.end()) {
        if (problems.about(place_of(name))) {
            return std::nullopt;  // reported already, and with a better text
        }
        problems.add(place_of(name), fmt::format("\"{}\" is not one of {}{}", *value, joined(choices),
                                                 detail::did_you_mean(*value, choices)));
        return std::nullopt;
    }
    return value;
}

std::vector<std::string> misspelt_variables(const CommandInfo& own, std::vector<const CommandInfo*> (*others)(),
                                            const char* const* environment) {
    std::set<std::string> known;
    add_variables(own, known);
    std::vector<std::string> unknown;
    for (; *environment != nullptr; ++environment) {
        const std::string_view entry(*environment);
        std::string name(entry.substr(0, entry.find('=')));
        if (name.starts_with(variable_prefix) && !known.contains(name)) {
            unknown.push_back(std::move(name));
        }
    }
    if (unknown.empty()) {
        return {};
    }
    for (const CommandInfo* command : others()) {
        add_variables(*command, known);
    }
    std::erase_if(unknown, [&known](const std::string& name) { return known.contains(name); });
    std::vector<std::string> findings;
    for (const std::string& name : unknown) {
        // Compared without the prefix, which would make every name look similar.
        const std::string_view rest = std::string_view(name).substr(variable_prefix.size());
        const auto distance = [rest](const std::string& candidate) {
            return detail::edit_distance(rest, std::string_view(candidate).substr(variable_prefix.size()));
        };
        const auto nearest = std::ranges::min_element(known, {}, distance);
        if (nearest != known.end() && distance(*nearest) <= rest.size() / 4) {
            findings.push_back(name + " is not used; did you mean " + *nearest + "?");
        }
    }
    return findings;
}

}  // namespace ferrotunnel::cli
