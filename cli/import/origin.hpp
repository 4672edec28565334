// Places in the files of another tunnel.
#pragma once

#include <cstddef>
#include <string>

namespace ferrotunnel::cli::importing {

/// Where a setting stands in the user's file. It becomes the comment `# FILE:LINE: text`.
struct Origin {
    std::string file;
    std::size_t line = 0;  // from 1; 0: the whole file, or a word of a command line
    std::string text;      // the line without its indentation; empty if it may contain a secret

    bool operator==(const Origin&) const = default;
};

/// `FILE:LINE`, or the file alone.
inline std::string place_of(const Origin& origin) {
    return origin.line == 0 ? origin.file : origin.file + ":" + std::to_string(origin.line);
}

}  // namespace ferrotunnel::cli::importing
