// All keys that a configuration file may have, as a tree of their declarations: the rows of settings, and the tables of
// groups that have readers of their own (settings/key_tables.hpp).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct FileKey {
    std::string name;
    const SettingFacts* facts = nullptr;  // null: a group of which nothing more is said, like `timing`
    std::string initial;                  // the default, as a file would say it; empty: there is none
    std::vector<FileKey> keys;            // those of a group that may stand here
};

/// The file as a whole: its keys are `server`, `client` and so on.
FileKey file_keys();
/// The keys of a table.
std::vector<FileKey> keys_of(std::span<const SettingFacts> table);

/// What a declaration says of its type in words, as docs/configuration.md has it: "IP address with port, or `off`, or a
/// list" is one, with a word that may stand instead, alone or in a list.
struct TypeWords {
    std::string_view name;
    std::vector<std::string_view> words;
    bool takes_list = false;
};
TypeWords type_words(const SettingFacts& facts);

}  // namespace ferrotunnel::detail
