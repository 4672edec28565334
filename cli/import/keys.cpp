#include "keys.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace ferrotunnel::cli::importing {
namespace {

const Value& no_map() {
    static const Value value{.kind = Value::Kind::map};
    return value;
}

const Value* find_below(MemberIndex& index, const Value& map, std::string_view path) {
    if (const Value* const whole = index.find(map, path)) {
        return whole;
    }
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
        const Value* const parent = index.find(map, path.substr(0, dot));
        if (parent != nullptr && parent->kind == Value::Kind::map) {
            return find_below(index, *parent, path.substr(dot + 1));
        }
    }
    return nullptr;
}

bool is_scalar_list(const Value& value) {
    for (const Value& item : value.items) {
        if (!item.is_scalar()) {
            return false;
        }
    }
    return true;
}

}  // namespace

Keys::Keys(const Source& source, const Value& map, std::string path)
    : Keys(source, map, std::move(path), {}, std::make_shared<Read>()) {}

Keys::Keys(const Source& source, const Value& map, std::string path, std::string key, std::shared_ptr<Read> read)
    : source_(&source), map_(&map), path_(std::move(path)), key_(std::move(key)), read_(std::move(read)) {}

const Value* Keys::find(std::string_view path) const {
    return path.empty() ? map_ : find_below(read_->index, *map_, path);
}

const Value* Keys::take(std::string_view path) {
    const Value* const value = find(path);
    if (value != nullptr) {
        mark(*value);
    }
    return value;
}

void Keys::mark(const Value& value) {
    read_->values.insert(&value);
    for (const Value& item : value.items) {
        mark(item);
    }
    for (const Value::Member& member : value.members) {
        mark(member.second);
    }
}

std::optional<std::string> Keys::text(std::string_view path) {
    const Value* const value = find(path);
    if (value == nullptr || !value->is_scalar()) {
        return std::nullopt;
    }
    mark(*value);
    return value->scalar.empty() ? std::nullopt : std::optional(value->scalar);
}

/// As `text`; a list or a map is lost.
std::optional<std::string> Keys::scalar(Draft& draft, std::string_view path, std::string_view why) {
    const Value* const value = find(path);
    if (value != nullptr && !value->is_scalar()) {
        lose(draft, path, why);
        return std::nullopt;
    }
    return text(path);
}

std::optional<std::string> Keys::digits(Draft& draft, std::string_view path, long long min, long long max) {
    const std::string why =
        "the value is not a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    const std::optional<std::string> found = scalar(draft, path, why);
    if (!found || !env_name(*found).empty()) {
        return found;
    }
    long long number = 0;
    const char* const end = found->data() + found->size();
    const auto [stop, error] = std::from_chars(found->data(), end, number);
    // Leading zeros make it octal for some programs.
    if (error != std::errc() || stop != end || number < min || number > max || std::to_string(number) != *found) {
        draft.lose(origin(path), full(path), why);
        return std::nullopt;
    }
    return found;
}

std::optional<long long> Keys::number(Draft& draft, std::string_view path, long long min, long long max) {
    const std::optional<std::string> found = digits(draft, path, min, max);
    if (!found) {
        return std::nullopt;
    }
    if (!env_name(*found).empty()) {
        draft.lose(origin(path), full(path), "a number in a variable is not known here", "write the number");
        return std::nullopt;
    }
    return std::stoll(*found);
}

std::optional<bool> Keys::boolean(Draft& draft, std::string_view path) {
    const std::optional<std::string> found = scalar(draft, path, "the value is neither true nor false");
    if (!found) {
        return std::nullopt;
    }
    std::string word = *found;
    std::ranges::transform(word, word.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (word == "true" || word == "1" || word == "yes" || word == "on" || word == "t" || word == "y") {
        return true;
    }
    if (word == "false" || word == "0" || word == "no" || word == "off" || word == "f" || word == "n") {
        return false;
    }
    draft.lose(origin(path), full(path), "the value is neither true nor false");
    return std::nullopt;
}

std::vector<std::string> Keys::texts(std::string_view path) {
    std::vector<std::string> texts;
    const Value* const value = find(path);
    if (value == nullptr || value->kind == Value::Kind::map) {
        return texts;
    }
    if (value->is_scalar()) {
        mark(*value);
        if (!value->scalar.empty()) {
            texts.push_back(value->scalar);
        }
        return texts;
    }
    if (value->items.empty()) {
        mark(*value);
    }
    for (const Value& item : value->items) {
        if (item.is_scalar()) {
            mark(item);
            texts.push_back(item.scalar);
        }
    }
    return texts;
}

Keys Keys::map(std::string_view path) const {
    const Value* const value = find(path);
    const bool is_map = value != nullptr && value->kind == Value::Kind::map;
    return {*source_, is_map ? *value : no_map(), full(path), std::string(path.substr(path.rfind('.') + 1)), read_};
}

std::vector<Keys> Keys::maps(std::string_view path) const {
    std::vector<Keys> maps;
    const Value* const value = find(path);
    if (value == nullptr) {
        return maps;
    }
    const std::string name = full(path);
    for (std::size_t i = 0; i < value->items.size(); ++i) {
        const std::string key = "[" + std::to_string(i + 1) + "]";
        if (value->items[i].kind == Value::Kind::map) {
            maps.push_back({*source_, value->items[i], name + key, key, read_});
        }
    }
    for (const auto& [key, member] : value->members) {
        if (member.kind == Value::Kind::map) {
            maps.push_back({*source_, member, name.empty() ? key : name + "." + key, key, read_});
        }
    }
    return maps;
}

std::vector<std::string> Keys::names() const {
    std::vector<std::string> names;
    for (const auto& [key, member] : map_->members) {
        names.push_back(key);
    }
    return names;
}

Origin Keys::origin(std::string_view path) const {
    const Value* const value = path.empty() ? nullptr : find(path);
    return source_->origin(value != nullptr ? *value : *map_);
}

std::string Keys::full(std::string_view path) const {
    if (path_.empty() || path.empty()) {
        return path_ + std::string(path);
    }
    return path_ + "." + std::string(path);
}

void Keys::lose(Draft& draft, std::string_view path, std::string_view why, std::string_view instead) {
    if (take(path) != nullptr) {
        draft.lose(origin(path), full(path), why, instead);
    }
}

void Keys::lose(Draft& draft, std::span<const NoEquivalent> table) {
    for (const NoEquivalent& row : table) {
        if (!row.key.ends_with(".*")) {
            lose(draft, row.key, row.why, row.instead);
            continue;
        }
        const std::string_view parent = row.key.substr(0, row.key.size() - 2);
        if (const Value* const value = find(parent)) {
            Keys below = map(parent);
            for (const auto& [key, member] : value->members) {
                below.lose(draft, key, row.why, row.instead);
            }
        }
    }
}

void Keys::skip(Draft& draft, std::string_view path, std::string_view why) {
    if (take(path) != nullptr) {
        draft.skip(origin(path), full(path), why);
    }
}

void Keys::lose_unless_off(Draft& draft, std::string_view path, std::string_view why, std::string_view instead) {
    const Value* const value = find(path);
    const bool is_off = value != nullptr && value->is_scalar() &&
                        (value->scalar.empty() || value->scalar == "0" || value->scalar == "false");
    is_off ? skip(draft, path, "it is off") : lose(draft, path, why, instead);
}

void Keys::lose_rest(Draft& draft, std::string_view why) const {
    lose_rest_of(draft, *map_, path_, why);
}

void Keys::lose_rest_of(Draft& draft, const Value& value, const std::string& path, std::string_view why) const {
    if (read_->values.contains(&value)) {
        return;
    }
    if (value.is_scalar() || (value.kind == Value::Kind::list && is_scalar_list(value))) {
        bool has_unread = value.items.empty() && &value != map_;
        for (const Value& item : value.items) {
            has_unread = has_unread || !read_->values.contains(&item);
        }
        if (has_unread) {
            draft.lose(source_->origin(value), path, why);
        }
        return;
    }
    for (std::size_t i = 0; i < value.items.size(); ++i) {
        lose_rest_of(draft, value.items[i], path + "[" + std::to_string(i + 1) + "]", why);
    }
    for (const auto& [key, member] : value.members) {
        lose_rest_of(draft, member, path.empty() || key.empty() ? path + key : path + "." + key, why);
    }
}

}  // namespace ferrotunnel::cli::importing
