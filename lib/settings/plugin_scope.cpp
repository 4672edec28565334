#include "settings/plugin_scope.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "plugin/condition.hpp"
#include "plugin/scope.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Section;
using config::Value;

/// One of the lists, as written in the file.
struct ScopeList {
    std::string key;
    std::vector<std::string>* texts;
    std::vector<Value> values{};  // of the texts
};

void read_scope_list(Section& group, ScopeList& list) {
    const auto value = group.find(list.key);
    if (!value) {
        return;
    }
    const std::vector<Value> items = value->items_or_single();
    if (items.empty() && value->node().kind == config::Node::Kind::list) {
        value->problem("is an empty list, so the plugin would never run; leave the key out to run it everywhere");
    }
    for (const Value& item : items) {
        if (std::optional<std::string> text = item.word()) {
            list.texts->push_back(std::move(*text));
            list.values.push_back(item);
        }
    }
}

// A line of a text, by its number from 1.
std::string_view line_of(std::string_view text, std::size_t number) {
    for (; number > 1; --number) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
            return {};
        }
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The number of bytes of the first `count` characters of a line.
std::size_t bytes_of(std::string_view line, std::size_t count) {
    std::size_t bytes = 0;
    while (bytes < line.size() && characters(line.substr(0, bytes + 1)) <= count) {
        ++bytes;
    }
    return bytes;
}

std::string with_place(expression::Place place, const std::string& text) {
    return std::to_string(place.line) + ':' + std::to_string(place.column) + ": " + text;
}

void read_condition(Section& group, const std::string& file_text, PluginUse& use) {
    const auto value = group.find("when");
    if (!value) {
        return;
    }
    if (!value->is_text()) {
        value->unexpected("a condition, like request.method == \"POST\"; write it behind a | if it has a : or #");
        return;
    }
    // Variables are not replaced in it: $ is the end of a text in regular expressions, and a condition has no secrets.
    const std::string& text = value->written();
    if (const auto condition = plugin::compile_condition(text); !condition) {
        const expression::Fault& fault = condition.error();
        value->context().report.add(place_within(file_text, value->place(), text, fault.place), value->key_path(),
                                    with_place(fault.place, fault.text));
        return;
    }
    use.when = text;
}

}  // namespace

// A plain or quoted value is at its reported place. A block value (|) is in the lines below: its reported place is the
// |.
config::Place place_within(const std::string& file_text, config::Place value, const std::string& text,
                           expression::Place at) {
    const std::string_view wanted = line_of(text, at.line);
    const std::size_t unquoted = bytes_of(line_of(file_text, value.line), value.column - 1);
    for (const std::size_t below : {at.line - 1, at.line}) {
        const std::string_view line = line_of(file_text, value.line + below);
        const std::size_t found =
            wanted.empty() ? std::string_view::npos : line.find(wanted, below == 0 ? unquoted : 0);
        const bool is_there =
            below == 0 ? found <= unquoted + 1 : found <= std::min(line.find_first_not_of(" \t"), line.size());
        if (found != std::string_view::npos && is_there) {
            return {static_cast<unsigned>(value.line + below),
                    static_cast<unsigned>(characters(line.substr(0, found)) + at.column), value.file};
        }
    }
    return value;
}

void read_plugin_scope(Section& group, const std::string& file_text, PluginUse& use) {
    ScopeList lists[] = {{"hosts", &use.hosts}, {"paths", &use.paths}, {"services", &use.services}};
    for (ScopeList& list : lists) {
        read_scope_list(group, list);
    }
    if (const auto value = group.find("ignore_case")) {
        config::assign(use.ignore_case, value->boolean());
    }
    if (const auto value = group.find("reject_ambiguous_paths")) {
        config::assign(use.reject_ambiguous_paths, value->boolean());
    }
    if (const auto scope = plugin::read_scope(plugin::ScopeTexts::of(use)); !scope) {
        for (const plugin::ScopeFault& fault : scope.error()) {
            const auto& list = *std::find_if(std::begin(lists), std::end(lists),
                                             [&](const ScopeList& each) { return each.key == fault.key; });
            const Value& item = list.values[fault.item];
            item.problem(in_quotes(item.try_text().value_or("")) + ' ' + fault.text);
        }
        use.hosts = use.paths = use.services = {};  // reported once; this file is not used
    }
    read_condition(group, file_text, use);
}

void compile_plugin_scope(const PluginUse& use, const std::string& key, plugin::InstanceOptions& options,
                          std::vector<Problem>& problems) {
    auto scope = plugin::read_scope(plugin::ScopeTexts::of(use));
    if (scope) {
        options.scope = std::move(*scope);
    } else {
        for (const plugin::ScopeFault& fault : scope.error()) {
            problems.push_back({key + '.' + fault.key + '[' + std::to_string(fault.item) + ']', fault.text});
        }
    }
    if (use.when.empty()) {
        return;
    }
    auto condition = plugin::compile_condition(use.when);
    if (condition) {
        options.when = std::move(*condition);
    } else {
        problems.push_back({key + ".when", with_place(condition.error().place, condition.error().text)});
    }
}

plugin::NotesOfInstance notes_of(const PluginUse& use, const plugin::Prepared& prepared) {
    plugin::NotesOfInstance notes{use.id.empty() ? prepared.type.name : use.id, use.observe, prepared.notes, {}};
    if (auto condition = plugin::compile_condition(use.when); !use.when.empty() && condition) {
        notes.condition = plugin::notes_read_by(*condition);
    }
    return notes;
}

std::vector<std::string> plugin_warnings(const std::vector<PluginSpec>& specs) {
    std::vector<std::string> warnings;
    std::vector<Problem> problems;
    const std::vector<PreparedPlugin> prepared = prepare_plugins(specs, problems);
    const bool is_of_file = std::any_of(specs.begin(), specs.end(), [](const PluginSpec& s) { return s.settings; });
    if (is_of_file || prepared.size() != specs.size()) {
        return warnings;
    }
    std::vector<plugin::NotesOfInstance> notes;
    for (std::size_t i = 0; i < specs.size(); ++i) {
        notes.push_back(notes_of(specs[i].use, prepared[i].prepared));
    }
    for (const plugin::OrderFinding& finding : plugin::lint_order(notes)) {
        const std::string key = finding.is_condition ? "when" : finding.path;
        warnings.push_back("plugins[" + std::to_string(finding.instance) + ']' + (key.empty() ? "" : '.' + key) + ": " +
                           finding.text);
    }
    return warnings;
}

}  // namespace ferrotunnel::detail
