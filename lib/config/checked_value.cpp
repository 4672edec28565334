#include "config/checked_value.hpp"

#include <algorithm>

#include "config/values.hpp"

namespace ferrotunnel::config {
namespace {

template <typename T>
const T* scalar_in(const std::variant<CheckedValue::Map, CheckedValue::List, CheckedValue::Scalar>& data) noexcept {
    const auto* scalar = std::get_if<CheckedValue::Scalar>(&data);
    return scalar == nullptr ? nullptr : std::get_if<T>(scalar);
}

// One step of a path: an index or a key.
using Step = std::variant<std::size_t, std::string>;

// Removes a step in brackets from the beginning of `path`.
std::optional<Step> take_brackets(std::string_view& path) {
    path.remove_prefix(1);
    Step step;
    if (path.starts_with('"')) {
        std::string key;
        std::size_t at = 1;
        for (; at < path.size() && path[at] != '"'; ++at) {
            at += path[at] == '\\' && at + 1 < path.size() ? 1 : 0;
            key += path[at];
        }
        step = std::move(key);
        path.remove_prefix(std::min(at + 1, path.size()));
    } else {
        const std::size_t length = std::min(path.find(']'), path.size());
        const std::optional<std::uint64_t> index = parse_number(path.substr(0, length));
        if (!index) {
            return std::nullopt;
        }
        step = static_cast<std::size_t>(*index);
        path.remove_prefix(length);
    }
    if (!path.starts_with(']')) {
        return std::nullopt;
    }
    path.remove_prefix(1);
    return step;
}

// Removes the first step from `path`; empty if it is not a valid path.
std::optional<Step> take_step(std::string_view& path, bool is_first) {
    if (path.starts_with('[')) {
        return take_brackets(path);
    }
    if (!is_first) {
        if (!path.starts_with('.')) {
            return std::nullopt;
        }
        path.remove_prefix(1);
    }
    const std::string_view key = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(key.size());
    return key.empty() ? std::nullopt : std::optional<Step>(std::string(key));
}

}  // namespace

// Defined here because a value contains a list of members, which contain values themselves.
CheckedValue::CheckedValue() = default;
CheckedValue::CheckedValue(const CheckedValue& other) = default;
CheckedValue::CheckedValue(CheckedValue&& other) noexcept = default;
CheckedValue& CheckedValue::operator=(const CheckedValue& other) = default;
CheckedValue& CheckedValue::operator=(CheckedValue&& other) noexcept = default;
CheckedValue::~CheckedValue() = default;

CheckedValue::CheckedValue(Scalar scalar, Place place, bool is_secret)
    : data_(std::move(scalar)), place_(place), is_secret_(is_secret) {}

CheckedValue::CheckedValue(List items, Place place) : data_(std::move(items)), place_(place) {}

CheckedValue::CheckedValue(Map members, Place place) : place_(place) {
    std::ranges::sort(members, {}, &Member::key);
    data_ = std::move(members);
}

CheckedValue::Kind CheckedValue::kind() const noexcept {
    if (const auto* scalar = std::get_if<Scalar>(&data_)) {
        return static_cast<Kind>(scalar->index());
    }
    return std::holds_alternative<List>(data_) ? Kind::list : Kind::map;
}

std::optional<bool> CheckedValue::boolean() const noexcept {
    const bool* value = scalar_in<bool>(data_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<std::int64_t> CheckedValue::integer() const noexcept {
    const std::int64_t* value = scalar_in<std::int64_t>(data_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<double> CheckedValue::number() const noexcept {
    const double* value = scalar_in<double>(data_);
    return value == nullptr ? std::nullopt : std::optional(*value);
}

const std::string* CheckedValue::string() const noexcept {
    return scalar_in<std::string>(data_);
}

const CheckedValue::List& CheckedValue::items() const noexcept {
    static const List none;
    const List* items = std::get_if<List>(&data_);
    return items == nullptr ? none : *items;
}

const CheckedValue::Map& CheckedValue::members() const noexcept {
    static const Map none;
    const Map* members = std::get_if<Map>(&data_);
    return members == nullptr ? none : *members;
}

const CheckedValue* CheckedValue::member(std::string_view key) const noexcept {
    const Map& all = members();
    const auto found = std::ranges::lower_bound(all, key, {}, &Member::key);
    return found == all.end() || found->key != key ? nullptr : &found->value;
}

const CheckedValue* CheckedValue::find(std::string_view path) const {
    const CheckedValue* at = this;
    bool is_first = true;
    while (at != nullptr && !path.empty()) {
        const std::optional<Step> step = take_step(path, std::exchange(is_first, false));
        if (!step) {
            return nullptr;
        }
        if (const auto* key = std::get_if<std::string>(&*step)) {
            at = at->member(*key);
        } else {
            const std::size_t index = std::get<std::size_t>(*step);
            at = index < at->items().size() ? &at->items()[index] : nullptr;
        }
    }
    return at;
}

void CheckedValue::move_to(Place place) noexcept {
    place_ = place;
    if (auto* items = std::get_if<List>(&data_)) {
        for (CheckedValue& item : *items) {
            item.move_to(place);
        }
    }
    if (auto* members = std::get_if<Map>(&data_)) {
        for (Member& each : *members) {
            each.value.move_to(place);
        }
    }
}

bool operator==(const CheckedValue& a, const CheckedValue& b) {
    return a.data_ == b.data_;
}

}  // namespace ferrotunnel::config
