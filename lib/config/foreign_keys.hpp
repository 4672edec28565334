// Keys from the files of other tunnels: a user who moves here is told what they are called here, instead of being shown
// keys that merely look like them.
#pragma once

#include <string_view>

namespace ferrotunnel::config {

struct ForeignKey {
    std::string_view here;        // a sentence to put after "no such key"; empty: this key is not known from elsewhere
    std::string_view stands_for;  // "kind" or "local" if the key says that of a service
};

/// Looks up a key. `section` is the path of the section it is in, and `value` its value, if that is a single text.
ForeignKey foreign_key(std::string_view section, std::string_view key, std::string_view value);

/// Whether the keys below this one have a hint each, as `transport: {bandwidthLimit: 1MB}`: look them up as
/// "transport.KEY".
bool gathers_foreign_keys(std::string_view key);

}  // namespace ferrotunnel::config
