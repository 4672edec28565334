#include "config/foreign_keys.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "config/foreign_key_rows.hpp"

namespace ferrotunnel::config {
namespace {

std::string spelt_alike(std::string_view key) {
    std::string word;
    for (const char c : key) {
        if (c != '_' && c != '-') {
            word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
    }
    return word;
}

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const std::size_t length = std::min(words.find(' '), words.size());
        if (words.substr(0, length) == word) {
            return true;
        }
        words.remove_prefix(std::min(length + 1, words.size()));
    }
    return false;
}

template <typename Rows>
ForeignKey find_in(const Rows& all, std::string_view word) {
    const auto found = std::ranges::find_if(all, [word](const foreign::Row& row) { return has_word(row.words, word); });
    return found == all.end() ? ForeignKey() : found->meaning;
}

// Looks up the whole name, then the name without a gathering section, then its section.
ForeignKey find_dotted(std::string_view word) {
    ForeignKey found = find_in(foreign::rows, word);
    const std::size_t dot = word.find('.');
    if (!found.here.empty() || dot == std::string_view::npos) {
        return found;
    }
    const std::string_view group = word.substr(0, dot);
    if (std::ranges::find(foreign::gathering, group) != foreign::gathering.end()) {
        found = find_dotted(word.substr(dot + 1));
    }
    return found.here.empty() ? find_in(foreign::rows, group) : found;
}

}  // namespace

ForeignKey foreign_key(std::string_view section, std::string_view key, std::string_view value) {
    const std::string word = spelt_alike(key);
    if (section.starts_with("client.services[") && (word == "bindaddr" || word == "bindport")) {
        return {foreign::port, foreign::of_kind};
    }
    if (word == "user" && section.ends_with(']')) {
        return {};  // exits have `users`
    }
    if (key.starts_with("header_")) {
        return find_in(foreign::rows, "requestheaders");
    }
    if (key.starts_with("meta_")) {
        return find_in(foreign::rows, "metadatas");
    }
    const ForeignKey found = find_dotted(word);
    const bool names_kind = word == "type" || word == "typ" || word == "proto" || word == "protocol";
    const ForeignKey of_type = names_kind ? find_in(foreign::types, value) : found;
    return of_type.here.empty() ? found : of_type;
}

bool gathers_foreign_keys(std::string_view key) {
    return std::ranges::find(foreign::gathering, spelt_alike(key)) != foreign::gathering.end();
}

}  // namespace ferrotunnel::config
