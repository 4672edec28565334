#include "value_words.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace ferrotunnel::cli {
namespace {

bool is_small(char c) {
    return c >= 'a' && c <= 'z';
}

bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}

bool is_word(std::string_view text) {
    return !text.empty() && is_small(text.front()) &&
           std::ranges::all_of(text, [](char c) { return is_small(c) || (c >= '0' && c <= '9') || c == '-'; });
}

// The parts between bars, without brackets around the whole.
std::vector<std::string_view> parts_of(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']')) {
        text = text.substr(1, text.size() - 2);
    }
    std::vector<std::string_view> parts;
    while (true) {
        const std::size_t end = std::min(text.find('|'), text.size());
        parts.push_back(text.substr(0, end));
        if (end == text.size()) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

}  // namespace

std::vector<std::string> words_of(const OptionInfo& option) {
    std::vector<std::string> words = option.words;
    for (const std::string_view part : parts_of(option.value)) {
        if (is_word(part) && std::ranges::find(words, part) == words.end()) {
            words.emplace_back(part);
        }
    }
    return words;
}

ValueKind kind_of(const OptionInfo& option) {
    return option.kind != ValueKind::other ? option.kind : kind_named(option.value);
}

std::vector<OperandChoice> choices_of(std::string_view operand) {
    std::vector<OperandChoice> choices;
    for (const std::string_view part : parts_of(operand)) {
        const std::size_t end = std::min(part.find(' '), part.size());
        const std::string_view first = part.substr(0, end);
        if (is_word(first)) {
            choices.push_back({std::string(first), std::string(part.substr(std::min(end + 1, part.size())))});
        } else if (!part.empty()) {
            choices.push_back({"", std::string(part)});
        }
    }
    return choices;
}

ValueKind kind_named(std::string_view value) {
    static constexpr std::array<std::string_view, 3> files{"FILE", "CHAIN", "KEY"};
    static constexpr std::array<std::string_view, 3> folders{"DIR", "DIRECTORY", "FOLDER"};
    while (!value.empty()) {
        const auto* const begin = std::ranges::find_if(value, is_capital);
        value.remove_prefix(static_cast<std::size_t>(begin - value.begin()));
        const auto* const end = std::ranges::find_if_not(value, is_capital);
        const std::string_view name = value.substr(0, static_cast<std::size_t>(end - value.begin()));
        if (std::ranges::find(files, name) != files.end()) {
            return ValueKind::file;
        }
        if (std::ranges::find(folders, name) != folders.end()) {
            return ValueKind::folder;
        }
        value.remove_prefix(name.size());
    }
    return ValueKind::other;
}

}  // namespace ferrotunnel::cli
