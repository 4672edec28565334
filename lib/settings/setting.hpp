// Declarations of settings as rows of tables. A row is used to read files and the program's options, to check bounds,
// by the builders' calls, to compare values, for --help, for the setting's line in docs/configuration.md, and for the
// JSON Schema (settings/json_schema.hpp).
//
// Rows are next to the values that they describe: common.hpp, client.hpp, server.hpp, file.hpp, http.cpp, https.cpp.
// Generic operations on rows are in settings/group.hpp. Keys below a section are declared in settings/key_tables.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

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
    choice,    // one of the words in `choices`
    section,   // more complex than a text, and read by code of its own
};

/// A word that a setting may have, and its value.
struct Choice {
    std::string_view word;
    std::uint64_t value = 0;
};

/// Everything about a setting except where its value is stored.
struct SettingFacts {
    std::string_view key;  // within its group
    Form form = Form::section;
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
    bool zero_is_default = false;       // 0 means the default, and may be less than `min`
    std::span<const Choice> choices{};  // the words of a choice; for a path, words allowed instead
    std::optional<std::string> (*fault)(const std::string& word) = nullptr;  // returns the problem of a word, if any

    std::string_view option{};        // the program's option, without dashes; empty: there is none
    std::string_view operand{};       // name of the option's value in --help; empty: it is a flag
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
                 std::optional<std::string> Group::*, std::vector<std::string> Group::*, TlsGrade Group::*>;

/// A row: the facts of a setting, and the member that has its value. A section has no value of one of these types;
/// instead it may have `is_same`, which compares the section in two groups, and `copy`, which copies it.
template <typename Group>
struct Setting : SettingFacts {
    Member<Group> at{};
    bool (*is_same)(const Group& a, const Group& b) = nullptr;
    void (*copy)(Group& into, const Group& from) = nullptr;
};

}  // namespace ferrotunnel::detail
