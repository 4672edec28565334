// A parsed configuration: a tree of texts, lists and maps, each with its place in the file.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace ferrotunnel::config {

/// A place in a file. Line and column begin at 1, columns count characters. 0: no place.
struct Place {
    unsigned line = 0;
    unsigned column = 0;
    unsigned file = 0;  // index of the file, for configurations of several files; 0 is the first

    friend bool operator==(const Place&, const Place&) = default;
    friend std::strong_ordering operator<=>(const Place& a, const Place& b) noexcept {
        const auto files = a.file <=> b.file;
        const auto lines = a.line <=> b.line;
        return std::is_neq(files) ? files : std::is_neq(lines) ? lines : a.column <=> b.column;
    }
};

struct Entry;

struct Node {
    enum class Kind { nothing, text, list, map };

    Kind kind = Kind::nothing;
    Place place;
    std::string text;            // as written, before variables are replaced
    std::vector<Node> items;     // of a list
    std::vector<Entry> entries;  // of a map, in the order of the file, without duplicate keys
};

struct Entry {
    std::string key;
    Place place;  // of the key
    Node value;
};

/// Describes a node for messages: "nothing", "\"text\"", "a list", "keys of its own".
std::string describe(const Node& node);

}  // namespace ferrotunnel::config
