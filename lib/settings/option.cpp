#include "settings/option.hpp"

#include <algorithm>
#include <utility>

#include "settings/keys_sections.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Node;

template <typename Group, typename Values>
std::string help_of(const Setting<Group>& setting, const Values& group) {
    std::string initial(setting.otherwise);
    if (initial.empty() && !setting.operand.empty()) {
        visit_value(setting, group, [&](const auto& value) { initial = text_of(setting, value); });
    }
    return std::string(setting.help) + (initial.empty() ? "" : " Default: " + initial + ".");
}

template <typename Rows, typename Group>
void add_options(const GroupPlace& place, const Rows& rows, const Group& group, bool of_builder,
                 std::vector<SettingOption>& options) {
    for (const auto& setting : rows) {
        if (!setting.option.empty()) {
            options.push_back({path_of(place, setting), problem_path_of(place, setting), std::string(setting.option),
                               std::string(setting.operand), std::string(setting.topic), help_of(setting, group),
                               setting.is_repeated, of_builder && setting.form != Form::section});
        }
    }
}

// In the order of the topics' first settings.
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

// The groups that a path leads through are made.
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

// As a file would have them.
Node tree_of(const std::vector<SettingText>& texts) {
    Node root{Node::Kind::map, {}, {}, {}, {}};
    for (const SettingText& said : texts) {
        Node list{Node::Kind::list, {}, {}, {}, {}};
        std::ranges::transform(said.texts, std::back_inserter(list.items), text_node);
        put(root, said.path, said.texts.size() == 1 ? list.items.front() : std::move(list));
    }
    return root;
}

template <typename Values, typename Settings>
std::vector<Problem> say_as(Settings& settings, const std::vector<SettingText>& texts) {
    const Node root = tree_of(texts);
    config::Report report;
    config::Context context{report, nullptr, {}, {}};
    Origins nowhere;
    SectionReader reader(config::Section(root, context, "", {}), "", nowhere);
    reader.read_settings(static_cast<Values&>(settings));
    for (const std::string& setting : reader.was_read()) {
        settings.origins.erase(setting);
    }
    reader.finish();
    std::vector<Problem> problems;
    for (config::Finding& finding : report.take()) {
        problems.push_back({finding.path.substr(0, finding.path.find('[')), std::move(finding.text)});
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

}  // namespace ferrotunnel::detail
