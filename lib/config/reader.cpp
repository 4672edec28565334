#include "config/reader.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "config/foreign_keys.hpp"
#include "config/values.hpp"
#include "ferrotunnel/detail/nearest.hpp"

namespace ferrotunnel::config {
namespace {

constexpr std::size_t guess_length_max = 64;  // longer words are not guessed at, since that would take long

std::string joined(const std::vector<std::string>& words) {
    std::string list;
    for (const std::string& word : words) {
        list += (list.empty() ? "" : ", ") + word;
    }
    return list;
}

// Removes list indices: "client.services[3].tcp" becomes "client.services[].tcp".
std::string without_indices(std::string_view path) {
    std::string general;
    bool inside = false;
    for (char c : path) {
        inside = inside && c != ']';
        if (!inside) {
            general += c;
        }
        inside = inside || c == '[';
    }
    return general;
}

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
    return word.size() > guess_length_max ? "" : detail::did_you_mean(word, candidates);
}

}  // namespace

std::string no_such_key(std::string_view key, const std::vector<std::string>& known) {
    if (known.empty()) {
        return "no such key; there are none here";
    }
    const std::string meant = suggestion(key, known);
    return "no such key" + (meant.empty() ? "; the keys here are " + joined(known) : meant);
}

Value::Value(const Node& node, Context& context, std::string path, Place key_place)
    : node_(&node), context_(&context), path_(std::move(path)), key_place_(key_place) {}

Place Value::place() const noexcept {
    return node_->kind == Node::Kind::nothing ? key_place_ : node_->place;
}

bool Value::begins_with(std::string_view prefix) const noexcept {
    return node_->kind == Node::Kind::text && node_->text.starts_with(prefix);
}

bool Value::has_variables() const noexcept {
    return context_->environment && node_->kind == Node::Kind::text && node_->text.find("${") != std::string::npos;
}

void Value::problem(std::string text) const {
    if (has_variables()) {
        text = as_written(std::move(text), try_text().value_or(""), node_->text);
    }
    context_->report.add(place(), path_, text);
}

void Value::problem_at_key(std::string_view text) const {
    context_->report.add(key_place_, path_, text);
}

void Value::unexpected(std::string_view expected) const {
    const bool secret = hidden_ && node_->kind == Node::Kind::text;
    problem("expected " + std::string(expected) + ", found " + (secret ? "a text" : describe(*node_)));
}

Result<std::string, ExpandError> Value::expanded_text() const {
    return context_->environment ? expand(node_->text, context_->environment) : node_->text;
}

std::optional<std::string> Value::text_for(std::string_view expected) const {
    if (node_->kind != Node::Kind::text) {
        unexpected(expected);
        return std::nullopt;
    }
    Result<std::string, ExpandError> text = expanded_text();
    if (!text) {
        problem(text.error().text);
        return std::nullopt;
    }
    return std::move(*text);
}

std::optional<std::string> Value::text() const {
    return text_for("a text");
}

std::optional<std::string> Value::try_text() const {
    const Result<std::string, ExpandError> text = expanded_text();
    return text ? std::optional(*text) : std::nullopt;
}

std::optional<std::string> Value::word() const {
    std::optional<std::string> text = text_for("a text");
    if (text && text->empty()) {
        unexpected("a text that is not empty");
        return std::nullopt;
    }
    return text;
}

std::optional<bool> Value::boolean() const {
    constexpr std::string_view expected = "true or false (or on, off, yes, no)";
    const std::optional<std::string> text = text_for(expected);
    const std::optional<bool> value = text ? parse_bool(*text) : std::nullopt;
    if (text && !value) {
        unexpected(expected);
    }
    return value;
}

std::optional<std::uint64_t> Value::number(std::uint64_t min, std::uint64_t max) const {
    const std::string expected = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    const std::optional<std::string> text = text_for(expected);
    const std::optional<std::uint64_t> value = text ? parse_number(*text) : std::nullopt;
    if (text && (!value || *value < min || *value > max)) {
        unexpected(expected);
        return std::nullopt;
    }
    return value;
}

std::optional<std::chrono::milliseconds> Value::time(std::chrono::milliseconds most) const {
    constexpr std::string_view expected = "a time like 500ms, 30s, 2m or 1h, or a number of seconds";
    const std::optional<std::string> text = text_for(expected);
    const std::optional<std::chrono::milliseconds> value = text ? parse_time(*text, most) : std::nullopt;
    if (text && !value) {
        unexpected(expected);
    }
    return value;
}

std::optional<std::uint64_t> Value::size(std::uint64_t min, std::uint64_t max) const {
    const bool bounded = max < std::uint64_t{1} << 62;  // larger bounds are not worth reporting
    const std::string range =
        bounded ? " from " + std::to_string(min) + " to " + std::to_string(max) + " bytes" : std::string();
    const std::string expected = "a size" + range + ", like 64KiB or 1MiB";
    const std::optional<std::string> text = text_for(expected);
    const std::optional<std::uint64_t> value = text ? parse_size(*text) : std::nullopt;
    if (text && (!value || *value < min || *value > max)) {
        unexpected(expected);
        return std::nullopt;
    }
    return value;
}

std::optional<std::size_t> Value::choice(const std::vector<std::string>& choices) const {
    const std::string expected = "one of " + joined(choices);
    const std::optional<std::string> text = text_for(expected);
    if (!text) {
        return std::nullopt;
    }
    const auto found = std::find(choices.begin(), choices.end(), *text);
    if (found == choices.end()) {
        problem("expected " + expected + ", found " + describe(*node_) + suggestion(node_->text, choices));
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - choices.begin());
}

std::string Value::in_folder(std::string_view file) const {
    const std::string& folder = context_->folder_of(node_->place);
    if (file.starts_with('/') || folder.empty()) {
        return std::string(file);
    }
    return folder + (folder.ends_with('/') ? "" : "/") + std::string(file);
}

std::optional<std::string> Value::path() const {
    std::optional<std::string> text = text_for("the path of a file");
    if (!text) {
        return std::nullopt;
    }
    if (text->empty() || text->find('\0') != std::string::npos) {
        unexpected("the path of a file");
        return std::nullopt;
    }
    return in_folder(*text);
}

std::vector<Value> Value::items() const {
    std::vector<Value> values;
    if (node_->kind != Node::Kind::list) {
        unexpected("a list");
        return values;
    }
    for (std::size_t i = 0; i < node_->items.size(); ++i) {
        const Node& item = node_->items[i];
        Value value(item, *context_, path_ + '[' + std::to_string(i) + ']', item.place);
        value.hidden_ = hidden_;
        values.push_back(std::move(value));
    }
    return values;
}

std::vector<Value> Value::items_or_single() const {
    return node_->kind == Node::Kind::list ? items() : std::vector<Value>{*this};
}

Section Value::section() const {
    static const Node nothing{Node::Kind::map, {}, {}, {}, {}};
    if (node_->kind == Node::Kind::map) {
        return {*node_, *context_, path_, key_place_};
    }
    if (node_->kind != Node::Kind::nothing) {
        unexpected("keys below this one");
    }
    return {nothing, *context_, path_, key_place_};
}

Section::Section(const Node& node, Context& context, std::string path, Place place)
    : node_(&node), context_(&context), path_(std::move(path)), place_(place) {}

std::string Section::path_of(const std::string& key) const {
    return path_.empty() ? key : path_ + '.' + key;
}

void Section::declare(std::string_view key) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) {
        known_.emplace_back(key);
    }
}

std::optional<Value> Section::find(const std::string& key) {
    declare(key);
    context_->keys.insert(without_indices(path_of(key)));
    for (const Entry& entry : node_->entries) {
        if (entry.key == key) {
            return Value(entry.value, *context_, path_of(key), entry.place);
        }
    }
    return std::nullopt;
}

std::vector<std::pair<std::string, Value>> Section::all() {
    std::vector<std::pair<std::string, Value>> values;
    for (const Entry& entry : node_->entries) {
        known_.push_back(entry.key);
        values.emplace_back(entry.key, Value(entry.value, *context_, path_of(entry.key), entry.place));
    }
    return values;
}

bool Section::has(std::string_view key) const {
    return std::any_of(node_->entries.begin(), node_->entries.end(),
                       [key](const Entry& entry) { return entry.key == key; });
}

bool Section::has_foreign(std::string_view what) const {
    return std::any_of(node_->entries.begin(), node_->entries.end(), [&](const Entry& entry) {
        return std::find(known_.begin(), known_.end(), entry.key) == known_.end() &&
               foreign_key(path_, entry.key, entry.value.text).stands_for == what;
    });
}

void Section::finish(bool hidden) {
    for (const Entry& entry : node_->entries) {
        if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) {
            continue;
        }
        if (hidden) {
            context_->report.add(entry.place, path_, "no such key; the keys here are " + joined(known_));
            continue;
        }
        report_unknown(entry);
    }
}

void Section::report_unknown(const Entry& entry) const {
    const auto shown = [](const std::string& key) {
        return key.size() > guess_length_max ? key.substr(0, guess_length_max) + "..." : key;
    };
    const std::string path = path_of(shown(entry.key));
    if (!context_->explains_foreign_keys) {
        context_->report.add(entry.place, path, no_such_key(entry.key, known_));
        return;
    }
    const auto is_same = [&entry](const std::string& key) {
        return std::ranges::equal(key, entry.key, {}, to_lower, to_lower);
    };
    if (std::ranges::any_of(known_, is_same)) {
        context_->report.add(entry.place, path, no_such_key(entry.key, known_));
        return;
    }
    if (gathers_foreign_keys(entry.key) && !entry.value.entries.empty()) {
        for (const Entry& below : entry.value.entries) {
            const ForeignKey found = foreign_key(path_, entry.key + '.' + below.key, below.value.text);
            context_->report.add(below.place, path + '.' + shown(below.key), "no such key; " + std::string(found.here));
        }
        return;
    }
    const std::string_view here = foreign_key(path_, entry.key, entry.value.text).here;
    context_->report.add(entry.place, path,
                         here.empty() ? no_such_key(entry.key, known_) : "no such key; " + std::string(here));
}

void Section::problem(std::string_view text) const {
    context_->report.add(place_, path_, text);
}

}  // namespace ferrotunnel::config
