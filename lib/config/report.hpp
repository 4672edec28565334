// Everything that is wrong in a file, told at once and in the order of the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace ferrotunnel::config {

struct Finding {
    Place place;
    std::string path;  // of the key: "client.services[0].local"; empty: of the file as a whole
    std::string text;
};

class Report {
public:
    void add(Place place, std::string path, std::string text);
    bool empty() const noexcept { return findings_.empty(); }

    /// Sorted by place. Of very many the first ones, and one more that says how many there were.
    std::vector<Finding> take();

private:
    std::vector<Finding> findings_;
};

/// The text with everything that has the form of a token made unreadable: a token in the wrong place is a secret too.
std::string without_tokens(std::string_view text);

/// The text with a value in quotes, whole or shortened, replaced by what the file says instead of it: what came out of
/// a variable may be a secret.
std::string as_written(std::string text, std::string_view value, std::string_view written);

}  // namespace ferrotunnel::config
