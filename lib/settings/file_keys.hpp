// All keys that a configuration file may have, as a tree of their declarations: the rows of settings, and the tables of
// groups that have readers of their own, each in the file of its subject.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct FileKey {
    std::string name;
    const SettingFacts* facts = nullptr;  // null: a group without facts of its own, like `timing`
    std::string initial;                  // the default as written in a file; empty: none
    std::vector<FileKey> keys;            // the keys of a group that may be used here
};

/// The file as a whole: its keys are `server`, `client` and so on.
FileKey file_keys();
/// The keys of a table.
std::vector<FileKey> keys_of(std::span<const SettingFacts> table);

/// The type of a declaration in words, as in docs/configuration.md: "IP address with port, or `off`, or a list" is a
/// type with a word that may be used instead, and may be a list.
struct TypeDescription {
    std::string_view name;
    std::vector<std::string_view> words;
    bool accepts_list = false;
};
TypeDescription type_description(const SettingFacts& facts);

}  // namespace ferrotunnel::detail
