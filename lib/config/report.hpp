// Everything that is wrong in a file, reported at once and in the order of the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace ferrotunnel::config {

struct Finding {
    Place place;
    std::string path;  // of the key: "client.services[0].local"; empty: the file as a whole
    std::string text;
};

class Report {
public:
    void add(Place place, std::string_view path, std::string_view text);
    bool empty() const noexcept { return findings_.empty(); }
    /// How many there are: where it has not grown, nothing was wrong in between.
    std::size_t size() const noexcept { return findings_.size(); }

    /// Returns the findings sorted by place. If there are too many, only the first ones, and one more that says how
    /// many others there were.
    std::vector<Finding> take();

private:
    std::vector<Finding> findings_;
};

/// Returns `text` with everything that looks like a token made unreadable: a token in the wrong place is a secret too.
std::string without_tokens(std::string_view text);

/// Returns `text` with a quoted value, whole or shortened, replaced by what the file says in its place: what came out
/// of a variable may be a secret.
std::string as_written(std::string text, std::string_view value, std::string_view written);

}  // namespace ferrotunnel::config
