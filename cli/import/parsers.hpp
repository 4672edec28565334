// Parsers of the formats that other tunnels' files have.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "limits.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing {

/// A syntax error, or a limit that is exceeded, at a line of the text.
struct ParseError : std::runtime_error {
    ParseError(std::size_t at, const std::string& what) : std::runtime_error(what), line(at) {}

    std::size_t line;
};

/// Parse a text into a map. Throw ParseError.
Value parse_toml(std::string_view text);
Value parse_yaml(const std::string& text);  // JSON too
Value parse_ini(std::string_view text);

/// Counts the values of a file while they are read.
class ValueCounter {
public:
    /// Throws ParseError beyond the limits.
    void count(std::size_t line, std::size_t depth) {
        if (++values_ > source_values_max) {
            throw ParseError(line, "the file has more than 50,000 values");
        }
        if (depth > source_depth_max) {
            throw ParseError(line, "the values are nested more than 32 levels deep");
        }
    }

private:
    std::size_t values_ = 0;
};

}  // namespace ferrotunnel::cli::importing
