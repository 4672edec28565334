// Regular expressions over paths: RE2, whose time is linear in the path, whatever the expression. Behind an own type,
// so that one file alone includes RE2.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "http/host_pattern.hpp"

namespace re2 {
class RE2;
}

namespace ferrotunnel::http {

/// A compiled expression, or none. Copies share it: to compile one takes a while, and it holds up to 1 MiB.
class PathRegex {
public:
    PathRegex() = default;
    /// The problem has RE2's own words.
    static Result<PathRegex, Problem> compile(std::string_view expression);

    /// The expression as it was written; empty when there is none.
    std::string_view text() const noexcept;
    /// Whether one is a copy of the other.
    bool shares_with(const PathRegex& other) const noexcept { return expression_ == other.expression_; }

    /// The whole of a path, in the form in which paths are compared, up to limits::http_path_regex_path_max (a table
    /// refuses longer ones). Any thread.
    bool matches(std::string_view path) const noexcept;

private:
    explicit PathRegex(std::shared_ptr<const re2::RE2> expression) noexcept;

    std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace ferrotunnel::http
