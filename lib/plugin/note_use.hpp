// A plugin's use of notes: which it sets and which it reads, by which setting.
#pragma once

#include <string>

#include "config/node.hpp"

namespace ferrotunnel::plugin {

struct NoteUse {
    enum class Kind : unsigned char {
        sets,           // in the request's hook; a name that ends with '*' stands for all with that prefix
        reads,          // in the request's hook
        reads_at_last,  // in later hooks, after those of all requests
    };

    Kind kind = Kind::sets;
    std::string name;
    std::string path{};     // of the value that uses it, below the settings; empty: all settings
    config::Place place{};  // of that value, if known
};

}  // namespace ferrotunnel::plugin
