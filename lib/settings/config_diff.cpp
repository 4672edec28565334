#include "settings/config_diff.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "settings/effective.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Entry;
using config::Node;

struct Shown {
    std::string text;
    std::string place;
};

const Node* entry_of(const Node& map, std::string_view key) {
    const auto found =
        std::find_if(map.entries.begin(), map.entries.end(), [key](const Entry& entry) { return entry.key == key; });
    return found != map.entries.end() ? &found->value : nullptr;
}

// The label of a list item: its name, the default name of a service, or its number.
std::string label_of(const Node& item, std::size_t number) {
    static constexpr std::array<std::array<std::string_view, 2>, 7> keys{
        {{"name", ""}, {"id", ""}, {"tcp", "tcp:"}, {"udp", "udp:"}, {"tcp+udp", "tcp:"}, {"http", ""}, {"tls", ""}}};
    for (const auto& [key, before] : keys) {
        const Node* value = entry_of(item, key);
        if (value != nullptr && value->kind == Node::Kind::list && !value->items.empty()) {
            value = &value->items.front();
        }
        if (value != nullptr && !value->text.empty()) {
            return std::string(before) + value->text;
        }
    }
    return std::to_string(number);
}

class Flat {
public:
    explicit Flat(const ConfigFile& file) : file_(file) { put(effective_document(file), "", "", false); }

    const std::map<std::string, Shown>& values() const noexcept { return values_; }

private:
    void put(const Node& node, const std::string& path, const std::string& key, bool free_names) {
        const bool is_free = free_names || has_free_names(path, key);
        if (node.kind == Node::Kind::map) {
            for (const Entry& entry : node.entries) {
                put(entry.value, path + (path.empty() ? "" : ".") + entry.key, entry.key, is_free);
            }
        } else if (node.kind == Node::Kind::text) {
            values_[path] = {shown_text(file_, node, key, is_free), place_of(node)};
        } else if (node.kind == Node::Kind::list) {
            put_list(node, path, key, is_free);
        }
    }

    // A list of words is one value; groups in a list are identified by their names.
    void put_list(const Node& list, const std::string& path, const std::string& key, bool free_names) {
        if (std::any_of(list.items.begin(), list.items.end(),
                        [](const Node& item) { return item.kind != Node::Kind::text; })) {
            for (std::size_t i = 0; i < list.items.size(); ++i) {
                const std::string named = path + '[' + label_of(list.items[i], i) + ']';
                const auto same = values_.lower_bound(named);
                const bool is_taken = same != values_.end() && same->first.starts_with(named);
                put(list.items[i], is_taken ? path + '[' + std::to_string(i) + ']' : named, key, free_names);
            }
            return;
        }
        std::string all;
        for (const Node& item : list.items) {
            all += (all.empty() ? "" : ", ") + shown_text(file_, item, key, free_names);
        }
        values_[path] = {'[' + all + ']', place_of(list)};
    }

    std::string place_of(const Node& node) const {
        if (node.place.line == 0 || node.place.file >= file_.names.size()) {
            return {};
        }
        return file_.names[node.place.file] + ':' + std::to_string(node.place.line) + ':' +
               std::to_string(node.place.column);
    }

    const ConfigFile& file_;
    std::map<std::string, Shown> values_;
};

}  // namespace

std::vector<ConfigChange> changes_between(const ConfigFile& before, const ConfigFile& now) {
    const Flat old_values(before);
    const Flat new_values(now);
    std::map<std::string, ConfigChange> changes;
    for (const auto& [key, shown] : old_values.values()) {
        changes[key] = {key, shown.text, "", shown.place};
    }
    for (const auto& [key, shown] : new_values.values()) {
        ConfigChange& change = changes[key];
        change.key = key;
        change.now = shown.text;
        change.place = shown.place.empty() ? change.place : shown.place;
    }
    std::vector<ConfigChange> different;
    for (auto& [key, change] : changes) {
        if (change.before != change.now) {
            different.push_back(std::move(change));
        }
    }
    return different;
}

}  // namespace ferrotunnel::detail
