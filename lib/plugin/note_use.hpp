// What a plugin says of its notes: which it sets, and which it reads, by which setting.
#pragma once

#include <string>

#include "config/node.hpp"

namespace ferrotunnel::plugin {

struct NoteUse {
    enum class Kind : unsigned char {
        sets,           // in the request's hook; a name that ends with '*' stands for all that begin like it
        reads,          // in the request's hook
        reads_at_last,  // in later hooks, when those of all requests have run
    };

    Kind kind = Kind::sets;
    std::string name;
    std::string path{};     // below the settings, of the value that asks for it; empty: all settings
    config::Place place{};  // of that value, where it is known
};

}  // namespace ferrotunnel::plugin
