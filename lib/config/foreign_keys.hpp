// Keys that files of other tunnels have: who moves here is told what they are called, instead of what looks like them.
#pragma once

#include <string_view>

namespace ferrotunnel::config {

struct ForeignKey {
    std::string_view here;        // a sentence that goes behind "no such key"; empty: nobody is known to have this key
    std::string_view stands_for;  // "kind" or "local" where it says that of a service
};

/// `section`: the path of where it stands. `value`: what it says, if that is one text.
ForeignKey foreign_key(std::string_view section, std::string_view key, std::string_view value);

}  // namespace ferrotunnel::config
