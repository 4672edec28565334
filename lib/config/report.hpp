// Problems of a file, reported together and in the order of the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace ferrotunnel::config {

struct Finding {
    Place place;
    std::string path;  // of the key: "client.services[0].local"; empty: the whole file
    std::string text;
};

class Report {
public:
    void add(Place place, std::string_view path, std::string_view text);
    bool empty() const noexcept { return findings_.empty(); }
    /// The number of findings; unchanged if no problem was found in between.
    std::size_t size() const noexcept { return findings_.size(); }

    /// Returns the findings sorted by place. If there are too many, only the first ones, and one with the number of the
    /// others.
    std::vector<Finding> take();

private:
    std::vector<Finding> findings_;
};

/// Returns `text` with everything that looks like a token masked, since a misplaced token is a secret too.
std::string without_tokens(std::string_view text);

/// Returns `text` with a quoted value, whole or shortened, replaced by its text in the file, since the value of a
/// variable may be a secret.
std::string as_written(std::string text, std::string_view value, std::string_view written);

}  // namespace ferrotunnel::config
