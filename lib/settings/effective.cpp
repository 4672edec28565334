#include "settings/effective.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <string_view>
#include <utility>

#include "config/node.hpp"
#include "config/report.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Entry;
using config::Node;

constexpr std::string_view hidden = "\"(hidden)\"";

// The value of a key; null if there is none.
template <typename Map>
auto* child(Map& map, std::string_view key) {
    const auto found = std::ranges::find(map.entries, key, &Entry::key);
    return found != map.entries.end() ? &found->value : nullptr;
}

// Adds the default of a setting, unless the configuration sets it. `place.line` 0 marks a default. An optional group
// gets defaults only if the configuration has it.
void add_default(Node& side, const std::string& path, const std::string& key, std::string text) {
    Node* group = &side;
    if (!path.empty()) {
        group = child(side, path);
        if (group == nullptr) {
            side.entries.push_back({path, {}, Node{}});
            group = &side.entries.back().value;
        }
        if (group->kind == Node::Kind::nothing) {
            group->kind = Node::Kind::map;
        }
    }
    if (group->kind != Node::Kind::map || child(*group, key) != nullptr || text.empty()) {
        return;
    }
    Node value;
    value.kind = Node::Kind::text;
    value.text = std::move(text);
    group->entries.push_back({key, {}, std::move(value)});
}

template <typename Values>
void add_defaults(Node& document, const char* side) {
    Node* const section = child(document, side);
    if (section == nullptr) {
        return;
    }
    if (section->kind == Node::Kind::nothing) {
        section->kind = Node::Kind::map;
    }
    const Values initial;
    Groups<Values>::visit([&](const GroupPlace& place, const auto& rows, const auto& part) {
        if (place.is_optional && child(*section, place.path) == nullptr) {
            return;
        }
        for (const auto& setting : rows) {
            visit_value(setting, part(initial), [&](const auto& value) {
                add_default(*section, std::string(place.path), std::string(setting.key), text_of(setting, value));
            });
        }
    });
}

std::string quoted(const std::string& text) {
    const auto is_plain = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '/' || c == '-';
    };
    if (!text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), is_plain)) {
        return text;
    }
    std::string all = "\"";
    for (const char c : text) {
        if (c == '\n' || c == '\t') {
            all += c == '\n' ? "\\n" : "\\t";
            continue;
        }
        all += c == '"' || c == '\\' ? "\\" : "";
        all += c;
    }
    return all + '"';
}

// Whether a value of this name is likely to be a secret, for names that users choose.
bool sounds_secret(std::string name) {
    static constexpr std::array<std::string_view, 7> words{"authorization", "cookie", "password", "passwd",
                                                           "secret",        "token",  "key"};
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return std::any_of(words.begin(), words.end(), [&](auto word) { return name.find(word) != std::string::npos; });
}

std::string without_password(std::string text) {
    const std::size_t begin = text.find("://");
    const std::size_t end = text.rfind('@');
    const std::size_t colon = begin == std::string::npos ? begin : text.find(':', begin + 3);
    if (colon < end && end != std::string::npos) {
        text.replace(colon + 1, end - colon - 1, "(hidden)");
    }
    return text;
}

// A text of effective_document() as shown. `key` is its key; `free_names`: it is below keys that users choose.
std::string shown_text(const ConfigFile& file, const Node& text, const std::string& key, bool free_names) {
    const bool names_place = text.text.starts_with("file:") || text.text.starts_with("env:");
    if (!names_place && (file.secrets.contains(text.place) || (free_names && sounds_secret(key)))) {
        return std::string(hidden);
    }
    return quoted(without_password(config::without_tokens(text.text)));
}

// Whether users choose the keys below this one. `path` is its full path, like "server.plugins.chain".
bool has_free_names(const std::string& path, const std::string& key) {
    return key == "request_headers" || key == "response_headers" || path == "server.traces.headers" ||
           path == "client.metadata" || path == "server.plugins.chain";
}

// The whole configuration as a tree, in which defaults have no place.
Node effective_document(const ConfigFile& file) {
    Node document = file.document ? *file.document : Node{};
    add_defaults<ServerValues>(document, "server");
    add_defaults<ClientValues>(document, "client");
    return document;
}

class Printer {
public:
    explicit Printer(const ConfigFile& file) : file_(file) {}

    std::string print(const Node& document) {
        put_map(document, "", 0, false);
        return std::move(text_);
    }

private:
    void put_map(const Node& map, const std::string& path, std::size_t indent, bool free_names) {
        for (const Entry& entry : map.entries) {
            if (!at_item_) {
                text_ += std::string(indent, ' ');
            }
            at_item_ = false;
            const std::string inner = path + '.' + entry.key;
            const bool is_free = free_names || has_free_names(inner.substr(1), entry.key);
            text_ += quoted(entry.key) + ':';
            put_value(entry.value, inner, entry.key, indent + 2, is_free);
        }
    }

    void put_value(const Node& node, const std::string& path, const std::string& key, std::size_t indent,
                   bool free_names) {
        switch (node.kind) {
            case Node::Kind::nothing:
                text_ += '\n';
                break;
            case Node::Kind::text:
                text_ +=
                    ' ' + shown_text(file_, node, key, free_names) + (node.place.line == 0 ? "  # default\n" : "\n");
                break;
            case Node::Kind::list:
                text_ += node.items.empty() ? " []\n" : "\n";
                for (const Node& item : node.items) {
                    text_ += std::string(indent, ' ') + '-';
                    put_item(item, path, key, indent, free_names);
                }
                break;
            case Node::Kind::map:
                text_ += node.entries.empty() ? " {}\n" : "\n";
                put_map(node, path, indent, free_names);
                break;
        }
    }

    void put_item(const Node& item, const std::string& path, const std::string& key, std::size_t indent,
                  bool free_names) {
        if (item.kind == Node::Kind::map && !item.entries.empty()) {
            text_ += ' ';
            at_item_ = true;
            put_map(item, path, indent + 2, free_names);
        } else {
            put_value(item, path, key, indent + 2, free_names);
        }
    }

    const ConfigFile& file_;
    std::string text_;
    bool at_item_ = false;  // after the dash of an item, where the first key of its map is written
};

struct Shown {
    std::string text;
    std::string place;
};

// The label of a list item: its name, the default name of a service, or its number.
std::string label_of(const Node& item, std::size_t number) {
    static constexpr std::array<std::array<std::string_view, 2>, 7> keys{
        {{"name", ""}, {"id", ""}, {"tcp", "tcp:"}, {"udp", "udp:"}, {"tcp+udp", "tcp:"}, {"http", ""}, {"tls", ""}}};
    for (const auto& [key, before] : keys) {
        const Node* value = child(item, key);
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

std::string effective_text(const ConfigFile& file) {
    return Printer(file).print(effective_document(file));
}

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
