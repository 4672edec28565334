// Regular expressions over paths: RE2, whose time is linear in the path, whatever the expression. Behind an own type,
// so that one file alone includes RE2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/host_pattern.hpp"
#include "http/path_match.hpp"

namespace re2 {
class RE2;
}

namespace ferrotunnel::http {

class PathRegex {
public:
    /// The problem has RE2's own words.
    static Result<PathRegex, Problem> compile(std::string_view expression);

    ~PathRegex();
    PathRegex(PathRegex&&) noexcept;
    PathRegex& operator=(PathRegex&&) noexcept;

    /// The whole of a path, in the form in which paths are compared. Any thread.
    bool matches(std::string_view path) const noexcept;

private:
    explicit PathRegex(std::unique_ptr<const re2::RE2> expression);

    std::unique_ptr<const re2::RE2> expression_;
};

/// `text` as a configuration has it. It has to match the whole path; "/v[0-9]+/.*" is what is below /v1, /v2 and so on.
Result<PathRule, Problem> parse_path_regex(std::string_view text);

}  // namespace ferrotunnel::http
