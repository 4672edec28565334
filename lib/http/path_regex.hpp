// Regular expressions for paths, by RE2, whose time is linear in the path for any expression. They have a type of their
// own, so that only one file includes RE2.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "http/host_pattern.hpp"

namespace re2 {
class RE2;
}

namespace ferrotunnel::http {

/// A compiled expression, or none. Copies share it, since compiling is slow and an expression uses up to 1 MiB.
class PathRegex {
public:
    PathRegex() = default;
    /// A problem explains in our own words what is wrong, and quotes the part that RE2 rejects.
    static Result<PathRegex, Problem> compile(std::string_view expression, bool ignore_case = false);

    /// The expression as written; empty if there is none.
    std::string_view text() const noexcept;
    /// Whether one of the two is a copy of the other.
    bool shares_with(const PathRegex& other) const noexcept { return expression_ == other.expression_; }

    /// Whether the whole of a path matches. `path` is in the form in which paths are compared, and has at most
    /// limits::http_path_regex_path_max bytes (a table rejects longer ones). Thread-safe.
    bool matches(std::string_view path) const noexcept;

private:
    explicit PathRegex(std::shared_ptr<const re2::RE2> expression) noexcept;

    std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace ferrotunnel::http
