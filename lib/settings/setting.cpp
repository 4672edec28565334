#include "settings/setting.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.hpp"
#include "base/units.hpp"
#include "config/values.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;
using std::chrono::milliseconds;

constexpr const char* fraction_expected = "a number from 0 to 1";

std::optional<std::uint64_t> read_choice(const SettingFacts& setting, const Value& value) {
    std::vector<std::string> words;
    for (const Choice& choice : setting.choices) {
        words.emplace_back(choice.word);
    }
    const std::optional<std::size_t> chosen = value.choice(words);
    return chosen ? std::optional(setting.choices[*chosen].value) : std::nullopt;
}

std::optional<std::uint64_t> read_number(const SettingFacts& setting, const Value& value) {
    switch (setting.form) {
        case Form::size:  // if 0 is allowed, out_of_bounds() reports values that are too small
            return value.size(setting.zero_is_default ? 0 : setting.min, setting.max);
        case Form::choice:
            return read_choice(setting, value);
        default:
            return value.number(setting.min, setting.max);
    }
}

template <typename T>
bool read_as_number(const SettingFacts& setting, const Value& value, T& into) {
    const std::optional<std::uint64_t> number = read_number(setting, value);
    config::assign(into, number);
    return number.has_value();
}

std::optional<std::string> read_path(const SettingFacts& setting, const Value& value) {
    const std::optional<std::string> text = value.is_text() ? value.try_text() : std::nullopt;
    const bool is_word = text && std::ranges::find(setting.choices, *text, &Choice::word) != setting.choices.end();
    return is_word ? text : value.path();
}

// in_units() uses the largest unit that divides the value.
struct Unit {
    std::string_view name;
    std::uint64_t size;
};
constexpr std::array size_units{Unit{"GiB", 1'024 * 1_MiB}, Unit{"MiB", 1_MiB}, Unit{"KiB", 1_KiB}};
constexpr std::array time_units{Unit{"h", 3'600'000}, Unit{"s", 1'000}, Unit{"ms", 1}};

template <typename Units>
std::string in_units(std::uint64_t value, const Units& units) {
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.size == 0) {
            return std::to_string(value / unit.size) + std::string(unit.name);
        }
    }
    return std::to_string(value);
}

std::string range_of(const SettingFacts& setting, std::uint64_t value) {
    const std::string found = ", found " + std::to_string(value);
    if (setting.form == Form::number) {
        return "expected a number from " + std::to_string(setting.min) + " to " + std::to_string(setting.max) + found;
    }
    if (setting.min >= 1_MiB) {
        return "expected a size from " + in_units(setting.min, size_units) + " to " +
               in_units(setting.max, size_units) + found;
    }
    return "expected a size from " + std::to_string(setting.min) + " to " + std::to_string(setting.max) + " bytes" +
           found;
}

// An upper bound, in whole hours if it is long enough.
std::string longest(std::uint64_t time) {
    constexpr std::uint64_t hour = 3'600'000;
    return in_units(time < hour ? time : time / hour * hour, time_units);
}

}  // namespace

bool read_value(const SettingFacts& /*setting*/, const Value& value, bool& into) {
    const std::optional<bool> read = value.boolean();
    config::assign(into, read);
    return read.has_value();
}

bool read_value(const SettingFacts& setting, const Value& value, double& into) {
    const std::optional<std::string> text = value.text_for(fraction_expected);
    if (!text) {
        return false;
    }
    const std::optional<double> number = config::parse_decimal(*text);
    if (!number || out_of_bounds(setting, *number)) {
        value.unexpected(fraction_expected);
        return false;
    }
    into = *number;
    return true;
}

bool read_value(const SettingFacts& setting, const Value& value, std::uint16_t& into) {
    return read_as_number(setting, value, into);
}

bool read_value(const SettingFacts& setting, const Value& value, std::uint32_t& into) {
    return read_as_number(setting, value, into);
}

bool read_value(const SettingFacts& setting, const Value& value, std::uint64_t& into) {
    return read_as_number(setting, value, into);
}

bool read_value(const SettingFacts& setting, const Value& value, TlsGrade& into) {
    return read_as_number(setting, value, into);
}

bool read_value(const SettingFacts& setting, const Value& value, std::optional<std::uint64_t>& into) {
    const std::optional<std::uint64_t> number = read_number(setting, value);
    into = number ? number : into;
    return number.has_value();
}

bool read_value(const SettingFacts& /*setting*/, const Value& value, milliseconds& into) {
    const std::optional<milliseconds> read = value.time();
    into = read.value_or(into);
    return read.has_value();
}

bool read_value(const SettingFacts& /*setting*/, const Value& value, std::optional<milliseconds>& into) {
    const std::optional<milliseconds> read = value.time();
    into = read ? read : into;
    return read.has_value();
}

bool read_value(const SettingFacts& setting, const Value& value, std::string& into) {
    std::optional<std::string> text = setting.form == Form::path ? read_path(setting, value) : value.word();
    if (text) {
        into = std::move(*text);
    }
    return text.has_value();
}

// Reads a list into one text, separated by commas.
bool read_value(const SettingFacts& setting, const Value& value, std::optional<std::string>& into) {
    std::vector<std::string> items;
    if (!read_value(setting, value, items)) {
        return false;
    }
    into.emplace();
    for (const std::string& item : items) {
        *into += (into->empty() ? "" : ",") + item;
    }
    return true;
}

bool read_value(const SettingFacts& setting, const Value& value, std::vector<std::string>& into) {
    std::vector<std::string> items;
    bool all = true;
    for (const Value& item : value.items_or_single()) {
        std::optional<std::string> text = setting.form == Form::paths ? item.path() : item.word();
        const auto fault = text && setting.fault != nullptr ? setting.fault(*text) : std::nullopt;
        if (fault) {
            item.problem(*fault);
        }
        if (text && !fault) {
            items.push_back(std::move(*text));
        } else {
            all = false;
        }
    }
    into = std::move(items);
    return all;
}

bool read_value(const SettingFacts& /*setting*/, const Value& value, std::map<std::string, std::string>& into) {
    if (!value.is_group()) {
        value.unexpected("keys with their texts, like {site: barn}; as an option KEY=VALUE");
        return false;
    }
    std::map<std::string, std::string> pairs;
    bool all = true;
    for (const auto& [key, each] : value.section().all()) {
        if (std::optional<std::string> text = each.text()) {
            pairs.emplace(key, std::move(*text));
        } else {
            all = false;
        }
    }
    into = std::move(pairs);
    return all;
}

std::optional<std::string> out_of_bounds(const SettingFacts& setting, std::uint64_t value) {
    const bool is_bounded = setting.form == Form::number || setting.form == Form::size;
    const bool is_within = value >= setting.min && value <= setting.max;
    if (!is_bounded || is_within || (value == 0 && setting.zero_is_default)) {
        return std::nullopt;
    }
    return range_of(setting, value);
}

std::optional<std::string> out_of_bounds(const SettingFacts& setting, milliseconds value) {
    const bool is_below = value.count() < 0 || static_cast<std::uint64_t>(value.count()) < setting.min;
    const bool is_beyond = !is_below && static_cast<std::uint64_t>(value.count()) > setting.max;
    if (!is_below && !is_beyond) {
        return std::nullopt;
    }
    // A lower bound of 1 ms only means "above zero"; any other one is reported as a range.
    if (setting.min > 1) {
        return "expected a time from " + in_units(setting.min, time_units) + " to " + longest(setting.max);
    }
    return is_below ? "must be above zero" : "must be at most " + longest(setting.max);
}

std::optional<std::string> out_of_bounds(const SettingFacts& /*setting*/, double value) {
    const bool is_within = value >= 0 && value <= 1;  // also false for NaN
    return is_within ? std::nullopt : std::optional("expected " + std::string(fraction_expected));
}

std::string text_of(const SettingFacts& /*setting*/, double value) {
    std::array<char, 32> room;
    const char* const end = std::to_chars(room.data(), room.data() + room.size(), value).ptr;
    return {room.data(), static_cast<std::size_t>(end - room.data())};
}

std::string text_of(const SettingFacts& /*setting*/, bool value) {
    return value ? "on" : "off";
}

std::string text_of(const SettingFacts& setting, std::uint64_t value) {
    if (setting.form == Form::choice) {
        const auto found = std::ranges::find(setting.choices, value, &Choice::value);
        return found == setting.choices.end() ? std::string() : std::string(found->word);
    }
    if (value == 0 && setting.zero_is_default) {
        return {};
    }
    return setting.form == Form::size ? in_units(value, size_units) : std::to_string(value);
}

std::string text_of(const SettingFacts& /*setting*/, milliseconds value) {
    return in_units(static_cast<std::uint64_t>(value.count()), time_units);
}

std::string text_of(const SettingFacts& /*setting*/, const std::string& value) {
    return value;
}

void declare_keys(config::Section& section, std::span<const SettingFacts> keys) {
    for (const SettingFacts& each : keys) {
        section.declare(each.key);
    }
}

config::Section section_of(const config::Value& value, std::span<const SettingFacts> keys) {
    config::Section section = value.section();
    declare_keys(section, keys);
    return section;
}

const SettingFacts& key_called(std::span<const SettingFacts> keys, std::string_view key) {
    const auto found = std::ranges::find(keys, key, &SettingFacts::key);
    check(found != keys.end(), "a key that is read is in its table");
    return *found;
}

std::optional<std::uint64_t> read_key(config::Section& section, std::span<const SettingFacts> keys,
                                      std::string_view key) {
    std::optional<std::uint64_t> number;
    if (const auto value = section.find(std::string(key))) {
        (void)read_value(key_called(keys, key), *value, number);
    }
    return number;
}

}  // namespace ferrotunnel::detail
