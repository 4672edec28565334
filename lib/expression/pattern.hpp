// Regular expressions with RE2, in time linear in the text. Wrapped in a type, so that only one file includes RE2.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace re2 {
class RE2;
}

namespace ferrotunnel::expression {

class Pattern {
public:
    /// The error is worded to follow "the regular expression ".
    static Result<Pattern, std::string> compile(std::string_view expression);

    /// Whether a part of `text` matches. Both are bytes: a dot is any byte but a newline, so that a visitor cannot
    /// evade a pattern with bytes that are not UTF-8. Thread-safe.
    bool matches(std::string_view text) const;

private:
    explicit Pattern(std::shared_ptr<const re2::RE2> expression) noexcept;

    std::shared_ptr<const re2::RE2> expression_;
};

}  // namespace ferrotunnel::expression
