#include "settings/file_keys.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "settings/file.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {
namespace {

// The key at a path like "https.hsts", which is added if missing.
FileKey& key_at(FileKey& group, std::string_view path) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    auto found = std::ranges::find(group.keys, name, &FileKey::name);
    if (found == group.keys.end()) {
        group.keys.push_back({std::string(name), nullptr, {}, {}});
        found = std::prev(group.keys.end());
    }
    return dot == std::string_view::npos ? *found : key_at(*found, path.substr(dot + 1));
}

void declare(FileKey& key, const SettingFacts& facts, std::string initial) {
    key.facts = &facts;
    key.initial = std::move(initial);
    if (facts.keys != nullptr) {
        std::ranges::move(keys_of(facts.keys()), std::back_inserter(key.keys));
    }
}

template <typename Rows, typename Group>
void add_rows(FileKey& side, const GroupPlace& place, const Rows& rows, const Group& group) {
    for (const auto& setting : rows) {
        if (setting.help.empty()) {
            continue;  // only for comparison, not a key
        }
        std::string initial;
        visit_value(setting, group, [&](const auto& value) { initial = text_of(setting, value); });
        declare(key_at(side, path_of(place, setting)), setting, std::move(initial));
    }
}

template <typename Values>
void add_side(FileKey& side) {
    const Values initial;
    Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
        add_rows(side, place, rows, part(initial));
    });
    add_rows(side, {}, program_settings, ProgramValues());
}

}  // namespace

std::vector<FileKey> keys_of(std::span<const SettingFacts> table) {
    std::vector<FileKey> keys;
    for (const SettingFacts& facts : table) {
        keys.push_back({std::string(facts.key), nullptr, {}, {}});
        declare(keys.back(), facts, {});
    }
    return keys;
}

FileKey file_keys() {
    FileKey file;
    file.keys = keys_of(root_keys());
    add_side<ServerValues>(key_at(file, "server"));
    add_side<ClientValues>(key_at(file, "client"));
    return file;
}

TypeDescription type_description(const SettingFacts& facts) {
    constexpr std::string_view list = ", or a list";
    TypeDescription type;
    type.name = facts.type;
    type.accepts_list = facts.form == Form::words || facts.form == Form::paths || type.name.ends_with(list);
    type.name.remove_suffix(type.name.ends_with(list) ? list.size() : 0);
    std::string_view rest = type.name;
    type.name = rest.substr(0, std::min(rest.find(", `"), rest.find(", or `")));
    rest.remove_prefix(type.name.size());
    for (std::size_t begin = rest.find('`'); begin != std::string_view::npos; begin = rest.find('`')) {
        const std::size_t end = rest.find('`', begin + 1);
        type.words.push_back(rest.substr(begin + 1, end - begin - 1));
        rest.remove_prefix(end + 1);
    }
    return type;
}

}  // namespace ferrotunnel::detail
