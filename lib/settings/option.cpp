#include "settings/option.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "config/values.hpp"
#include "ferrotunnel/detail/path_text.hpp"
#include "ferrotunnel/detail/time_text.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Node;

// The default value as text; empty if no value expresses it, or if the option is a flag.
template <typename Group, typename Values>
std::string initial_of(const Setting<Group>& setting, const Values& group) {
    std::string initial;
    if (setting.default_text.empty() && !setting.operand.empty()) {
        visit_value(setting, group, [&](const auto& value) { initial = text_of(setting, value); });
    }
    return initial;
}

std::string help_of(const SettingFacts& setting, std::string initial) {
    if (initial.empty()) {
        initial = setting.default_text;
    }
    std::string help(setting.help);
    if (setting.form == Form::number) {
        help += ' ' + std::to_string(setting.min) + " to " + std::to_string(setting.max) + '.';
    }
    help += setting.is_repeated ? " May be repeated." : "";
    return help + (initial.empty() ? "" : " Default: " + initial + ".");
}

// A line that ends with parentheses contains its default already.
std::string brief_of(const SettingFacts& setting, const std::string& initial) {
    const bool adds_default = !setting.brief.empty() && !setting.brief.ends_with(')') && !initial.empty();
    return std::string(setting.brief) + (adds_default ? " (default " + initial + ")" : "");
}

std::vector<std::string> choices_in(const SettingFacts& setting) {
    std::vector<std::string> words;
    for (const Choice& choice : setting.choices) {
        words.emplace_back(choice.word);
    }
    return words;
}

bool has_path(const SettingFacts& setting) {
    return setting.form == Form::path || setting.form == Form::paths;
}

template <typename Rows, typename Group>
void add_options(const GroupPlace& place, const Rows& rows, const Group& group, bool of_builder,
                 std::vector<SettingOption>& options) {
    for (const auto& setting : rows) {
        if (!setting.option.empty()) {
            const bool is_section = setting.form == Form::section;  // the program explains and parses its option
            const std::string initial = is_section ? "" : initial_of(setting, group);
            options.push_back({path_of(place, setting), problem_path_of(place, setting), std::string(setting.option),
                               std::string(setting.operand), std::string(setting.topic),
                               is_section ? "" : help_of(setting, initial), setting.is_repeated,
                               of_builder && !is_section, brief_of(setting, initial), choices_in(setting),
                               has_path(setting)});
        }
    }
}

// Sorts by topic, in the order of the topics' first settings.
void sort_by_topic(std::vector<SettingOption>& options) {
    std::vector<std::string> topics;
    for (const SettingOption& option : options) {
        if (std::ranges::find(topics, option.topic) == topics.end()) {
            topics.push_back(option.topic);
        }
    }
    std::ranges::stable_sort(options, {}, [&topics](const SettingOption& option) {
        return std::ranges::find(topics, option.topic) - topics.begin();
    });
}

template <typename Values>
std::vector<SettingOption> options_of() {
    const Values initial;
    std::vector<SettingOption> options;
    Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
        add_options(place, rows, part(initial), true, options);
    });
    add_options({}, program_settings, ProgramValues(), false, options);
    sort_by_topic(options);
    return options;
}

Node text_node(const std::string& text) {
    return {Node::Kind::text, {}, text, {}, {}};
}

// Stores a value at a path, and creates the groups on the path.
void put(Node& group, std::string_view path, Node value) {
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    if (dot == std::string_view::npos) {
        group.entries.push_back({key, {}, std::move(value)});
        return;
    }
    auto inner = std::ranges::find(group.entries, key, &config::Entry::key);
    if (inner == group.entries.end()) {
        group.entries.push_back({key, {}, {Node::Kind::map, {}, {}, {}, {}}});
        inner = std::prev(group.entries.end());
    }
    put(inner->value, path.substr(dot + 1), std::move(value));
}

/// Facts of a setting, found by its path.
struct Known {
    std::string problem;  // its name in problems
    Form form = Form::word;

    bool is_list() const noexcept { return form == Form::words || form == Form::paths; }
};

template <typename Values>
std::map<std::string, Known> known_settings() {
    std::map<std::string, Known> known;
    Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto&) {
        for (const auto& setting : rows) {
            known.emplace(path_of(place, setting), Known{problem_path_of(place, setting), setting.form});
        }
    });
    return known;
}

// The map of a file for KEY=VALUE; of a repeated key the last value counts. Another text is returned as it is, for the
// reader to report.
Node pairs_of(const std::vector<std::string>& texts) {
    std::map<std::string, std::string> pairs;
    for (const std::string& text : texts) {
        const std::size_t end = text.find('=');
        if (end == std::string::npos) {
            return text_node(text);
        }
        pairs[text.substr(0, end)] = text.substr(end + 1);
    }
    Node map{Node::Kind::map, {}, {}, {}, {}};
    for (const auto& [key, value] : pairs) {
        map.entries.push_back({key, {}, text_node(value)});
    }
    return map;
}

// The tree of a file with these texts.
Node tree_of(const std::vector<SettingText>& texts, const std::map<std::string, Known>& known) {
    Node root{Node::Kind::map, {}, {}, {}, {}};
    for (const SettingText& said : texts) {
        const auto found = known.find(said.path);
        if (found != known.end() && found->second.form == Form::pairs) {
            put(root, said.path, pairs_of(said.texts));
            continue;
        }
        Node list{Node::Kind::list, {}, {}, {}, {}};
        std::ranges::transform(said.texts, std::back_inserter(list.items), text_node);
        const bool is_list = found != known.end() && found->second.is_list();
        put(root, said.path, is_list || list.items.empty() ? list : list.items.back());
    }
    return root;
}

// Reads the texts into a copy of the settings. Changed settings, also by SectionReader::fit, no longer count as set by
// the file.
template <typename Values, typename Settings>
std::vector<Problem> say_as(Settings& settings, const std::vector<SettingText>& texts) {
    const std::map<std::string, Known> known = known_settings<Values>();
    const Node root = tree_of(texts, known);
    config::Report report;
    config::Context context{report, nullptr, {}, {}};
    Origins nowhere;
    Values now = settings;
    ConfigFile none;
    const std::vector<ConfigText> nothing(1);
    const ConfigReading reading{none, nothing};
    SectionReader reader(config::Section(root, context, "", {}), reading, nowhere);
    reader.read_settings(now);
    reader.finish();
    Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
        forget_changed(place, rows, part(std::as_const(settings)), part(std::as_const(now)), settings);
    });
    for (const std::string& setting : reader.was_read()) {
        settings.origins.erase(setting);
    }
    static_cast<Values&>(settings) = std::move(now);
    std::vector<Problem> problems;
    for (config::Finding& finding : report.take()) {
        const std::string path = finding.path.substr(0, finding.path.find('['));
        const auto found = known.find(path);
        problems.push_back({found == known.end() ? path : found->second.problem, std::move(finding.text)});
    }
    return problems;
}

}  // namespace

std::vector<SettingOption> server_options() {
    return options_of<ServerValues>();
}

std::vector<SettingOption> client_options() {
    return options_of<ClientValues>();
}

std::vector<Problem> say(ServerSettings& settings, const std::vector<SettingText>& texts) {
    return say_as<ServerValues>(settings, texts);
}

std::vector<Problem> say(ClientSettings& settings, const std::vector<SettingText>& texts) {
    return say_as<ClientValues>(settings, texts);
}

std::optional<std::chrono::milliseconds> read_time(std::string_view text, std::chrono::milliseconds most) {
    return config::parse_time(text, most);
}

bool looks_like_path(std::string_view text, const std::string& file) {
    for (const std::string_view begin : {"/", "./", "../", "~/"}) {
        if (text.starts_with(begin)) {
            return true;
        }
    }
    struct stat status {};
    return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace ferrotunnel::detail
