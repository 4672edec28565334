// Declarations of settings as rows of tables: their values are read, held against their bounds and shown by these. A
// row is used to read files and the program's options, to check bounds, by the builders' calls, to compare values, for
// --help, for the setting's line in docs/configuration.md, and for the JSON Schema (settings/json_schema.hpp).
//
// Rows are next to what reads and checks the values of their subject, and so are the tables of keys of a group that has
// a reader of its own. Generic operations on the rows of a side are in settings/rows.hpp.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/words.hpp"
#include "config/reader.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/https.hpp"

namespace ferrotunnel::detail {

/// How the text of a setting is read.
enum class Form : std::uint8_t {
    on_off,
    number,
    size,      // in bytes
    time,      // its bounds are in milliseconds
    fraction,  // a number from 0 to 1
    word,      // a text that is not empty
    path,      // of a file or folder, below the folder of the configuration file unless it begins with a slash
    words,     // a list of words, or one word
    paths,     // a list of paths, or one path
    pairs,     // texts under keys that users choose; in an option KEY=VALUE
    choice,    // one of the words in `choices`
    section,   // more complex than a text, and read by code of its own
};

/// A word that a setting may have, and its value.
struct Choice {
    std::string_view word;
    std::uint64_t value = 0;
};

/// The words of an enumeration (base/words.hpp), from the value `First` on.
template <typename Enum, std::size_t First = 0>
constexpr auto choices_of() noexcept {
    std::array<Choice, count_words<Enum>() - First> all;
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = {word_for(static_cast<Enum>(First + i)), First + i};
    }
    return all;
}

/// Everything about a setting except where its value is stored.
struct SettingFacts {
    std::string_view key;  // within its group
    Form form = Form::section;
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
    bool zero_is_default = false;       // 0 means the default, and may be less than `min`
    std::span<const Choice> choices{};  // the words of a choice; for a path, words allowed instead
    std::optional<std::string> (*fault)(const std::string& word) =
        nullptr;  // returns what is wrong with a word, if anything

    std::string_view option{};        // the program's option, without dashes; empty if there is none
    std::string_view operand{};       // name of the option's value in --help; empty if it is a flag
    bool is_repeated = false;         // the option may be given several times
    std::string_view topic{};         // the heading under which help lists it
    std::string_view brief{};         // its line in --help, without the default if the value expresses it; empty: only
                                      // --help all lists it
    std::string_view type{};          // name of its values in documentation; empty: made from form and bounds
    std::string_view help{};          // whole sentences
    std::string_view default_text{};  // the default in words, if no value of the setting expresses it
    std::string_view call{};          // the builder's call, if its name differs from the group's and the key's
    std::string_view problem{};       // the setting's name in problems; empty: its key
    bool is_live = false;             // it can change at run time; others need a restart
    bool is_required = false;         // its group is invalid without it
    std::span<const SettingFacts> (*keys)() = nullptr;  // of a section: the keys of its group
};

template <typename Group>
using Member =
    std::variant<std::monostate, bool Group::*, std::uint16_t Group::*, std::uint32_t Group::*, std::uint64_t Group::*,
                 double Group::*, std::optional<std::uint64_t> Group::*, std::chrono::milliseconds Group::*,
                 std::optional<std::chrono::milliseconds> Group::*, std::string Group::*,
                 std::optional<std::string> Group::*, std::vector<std::string> Group::*,
                 std::map<std::string, std::string> Group::*, TlsGrade Group::*>;

/// A row: the facts of a setting, and the member that has its value. A section has no value of one of these types;
/// instead it may have `is_same`, which compares the section in two groups, and `copy`, which copies it. A setting with
/// a value has them if an application can set it in another form, too: then both forms have to be the same.
template <typename Group>
struct Setting : SettingFacts {
    Member<Group> at{};
    bool (*is_same)(const Group& a, const Group& b) = nullptr;
    void (*copy)(Group& into, const Group& from) = nullptr;
};

/// Reads the value of a setting. False if the value is invalid, which was reported at its place, and `into` is
/// unchanged; for a std::vector: an item is invalid, and `into` has the other items.
bool read_value(const SettingFacts& setting, const config::Value& value, bool& into);
bool read_value(const SettingFacts& setting, const config::Value& value, double& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::uint16_t& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::uint32_t& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::uint64_t& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::optional<std::uint64_t>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::chrono::milliseconds& into);
bool read_value(const SettingFacts& setting, const config::Value& value,
                std::optional<std::chrono::milliseconds>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::string& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::optional<std::string>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::vector<std::string>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, std::map<std::string, std::string>& into);
bool read_value(const SettingFacts& setting, const config::Value& value, TlsGrade& into);

/// What is wrong with a number, size or time outside of the setting's bounds; nullopt if it is within them.
std::optional<std::string> out_of_bounds(const SettingFacts& setting, std::uint64_t value);
std::optional<std::string> out_of_bounds(const SettingFacts& setting, std::chrono::milliseconds value);
std::optional<std::string> out_of_bounds(const SettingFacts& setting, double value);

template <typename T>
std::optional<std::string> out_of_bounds(const SettingFacts& setting, const T& value) {
    if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
        return value ? out_of_bounds(setting, *value) : std::nullopt;
    } else if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        return out_of_bounds(setting, std::uint64_t{value});
    } else {
        return std::nullopt;
    }
}

/// A value as written in documentation; empty if there is none.
std::string text_of(const SettingFacts& setting, bool value);
std::string text_of(const SettingFacts& setting, double value);
std::string text_of(const SettingFacts& setting, std::uint64_t value);
std::string text_of(const SettingFacts& setting, std::chrono::milliseconds value);
std::string text_of(const SettingFacts& setting, const std::string& value);

template <typename T>
std::string text_of(const SettingFacts& setting, const T& value) {
    if constexpr (std::is_same_v<T, std::optional<std::uint64_t>> || std::is_same_v<T, std::optional<std::string>>) {
        return value ? text_of(setting, *value) : std::string();
    } else if constexpr (std::is_integral_v<T>) {
        return text_of(setting, std::uint64_t{value});
    } else if constexpr (std::is_enum_v<T>) {
        return text_of(setting, static_cast<std::uint64_t>(value));
    } else {
        return {};
    }
}

/// Assigns a value set through a builder. False if the setting has another type, and stays as it is.
template <typename T, typename Given>
bool assign_value(T& into, Given& given) {
    constexpr bool are_numbers =
        std::is_integral_v<T> && std::is_integral_v<Given> && std::is_same_v<T, bool> == std::is_same_v<Given, bool>;
    if constexpr (are_numbers) {
        into = static_cast<T>(given);
        return true;
    } else if constexpr (std::is_same_v<T, Given> || std::is_same_v<T, std::optional<Given>>) {
        into = std::move(given);
        return true;
    } else if constexpr (std::is_same_v<T, std::vector<std::string>> && std::is_same_v<Given, std::string>) {
        into.clear();
        into.push_back(std::move(given));
        return true;
    } else {
        return false;
    }
}

/// The keys of a group; all of these are known.
config::Section section_of(const config::Value& value, std::span<const SettingFacts> keys);
void declare_keys(config::Section& section, std::span<const SettingFacts> keys);
/// The declaration of a key, which must exist.
const SettingFacts& key_called(std::span<const SettingFacts> keys, std::string_view key);

/// Reads the number, size or choice of a key, with the bounds of its declaration. Empty if it is missing, or invalid,
/// which was reported.
std::optional<std::uint64_t> read_key(config::Section& section, std::span<const SettingFacts> keys,
                                      std::string_view key);

}  // namespace ferrotunnel::detail
