// Finds members of large maps of a source without a search through all of them: a file of 1 MiB may have 50,000.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "source.hpp"

namespace ferrotunnel::cli::importing {

/// Has the members of each map that was asked for. The maps must neither change nor move.
class MemberIndex {
public:
    /// As Value::find.
    const Value* find(const Value& map, std::string_view key);

private:
    struct Members {
        std::unordered_map<std::string_view, const Value*> exact;
        std::unordered_map<std::string, const Value*> in_lower_case;
    };

    const Members& members_of(const Value& map);

    std::unordered_map<const Value*, Members> maps_;
};

}  // namespace ferrotunnel::cli::importing
