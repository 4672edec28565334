// A setting, declared once. From its row come the reading of files and of the program's options, the check of its
// bounds, the builders' calls, the comparison of two sets of values, --help, and its line in docs/configuration.md.
//
// Rows stand beside the values that they are about: common.hpp, client.hpp, server.hpp, http.cpp, https.cpp. What can
// be done with all of them is in settings/group.hpp.
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

/// How its text is read.
enum class Form : std::uint8_t {
    on_off,
    number,
    size,     // in bytes
    time,     // its bounds are in milliseconds
    word,     // a text that is not empty
    path,     // of a file or folder, below the folder of the configuration file unless it begins with a slash
    words,    // a list of them, or one
    paths,    // the same
    choice,   // one of `choices`
    section,  // richer than a text: code of its own reads it
};

struct Choice {
    std::string_view word;
    std::uint64_t value = 0;
};

/// What is known of a setting beside where its value is.
struct SettingFacts {
    std::string_view key;  // within its group
    Form form = Form::section;
    std::uint64_t min = 0;
    std::uint64_t max = std::numeric_limits<std::uint64_t>::max();
    bool zero_is_default = false;       // 0 stands for the default, and may be less than `min`
    std::span<const Choice> choices{};  // a path may also be one of these words
    std::optional<std::string> (*fault)(const std::string& word) = nullptr;  // what is wrong with one of its words

    std::string_view option{};     // of the program, without dashes; empty: it has none
    std::string_view operand{};    // what --help calls the option's value; empty: it is a flag
    bool is_repeated = false;      // the option may be there several times
    std::string_view topic{};      // what --help lists it under
    std::string_view type{};       // what documentation calls its values; empty: as form and bounds say
    std::string_view help{};       // whole sentences
    std::string_view otherwise{};  // the default in words, where it is no value of the setting
    std::string_view call{};       // of the builder, where it is called neither as the group nor as the key
    std::string_view problem{};    // what problems call it; empty: its key
};

template <typename Group>
using Member =
    std::variant<std::monostate, bool Group::*, std::uint16_t Group::*, std::uint32_t Group::*, std::uint64_t Group::*,
                 std::optional<std::uint64_t> Group::*, std::chrono::milliseconds Group::*,
                 std::optional<std::chrono::milliseconds> Group::*, std::string Group::*,
                 std::optional<std::string> Group::*, std::vector<std::string> Group::*, TlsGrade Group::*>;

/// A row: the facts, and where the value is in its group. A section has no value of one of these types; instead it may
/// say how two groups are compared in it.
template <typename Group>
struct Setting : SettingFacts {
    Member<Group> at{};
    bool (*is_same)(const Group& a, const Group& b) = nullptr;
};

}  // namespace ferrotunnel::detail
