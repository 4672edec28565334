// Keys from the files of other tunnels: a user who migrates gets the equivalent key, instead of a suggestion by similar
// spelling.
#pragma once

#include <string_view>

namespace ferrotunnel::config {

struct ForeignKey {
    std::string_view here;        // a text to put after "no such key"; empty: not a key of another tunnel
    std::string_view stands_for;  // "kind" or "local" if the key sets that of a service
};

/// Looks up a key. `section` is the path of the section it is in, and `value` its value, if that is a single text.
ForeignKey foreign_key(std::string_view section, std::string_view key, std::string_view value);

/// Whether each key below this one has its own hint, as in `transport: {bandwidthLimit: 1MB}`: look them up as
/// "transport.KEY".
bool gathers_foreign_keys(std::string_view key);

}  // namespace ferrotunnel::config
