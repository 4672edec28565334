#include "http/path_regex.hpp"

#include <re2/re2.h>

#include <string>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::http {

namespace {

// Explains the error. RE2's own texts are terse ("missing ): /v("), and call features of other engines an "invalid perl
// operator".
std::string explain(re2::RE2::ErrorCode code, const std::string& part) {
    const std::string here = part.empty() ? "" : ", at \"" + part + '"';
    switch (code) {
        case re2::RE2::ErrorMissingParen:
            return "a parenthesis ( is not closed" + here;
        case re2::RE2::ErrorUnexpectedParen:
            return "a parenthesis ) closes nothing" + here;
        case re2::RE2::ErrorMissingBracket:
            return "a bracket [ is not closed" + here;
        case re2::RE2::ErrorRepeatArgument:
            return "there is nothing in front that could be repeated" + here;
        case re2::RE2::ErrorRepeatSize:
            return "there are too many repetitions" + here;
        case re2::RE2::ErrorRepeatOp:
            return "two repetitions follow each other" + here;
        case re2::RE2::ErrorBadPerlOp:
            return "lookahead, lookbehind and other groups that begin with (? are not supported" + here;
        case re2::RE2::ErrorBadEscape:
            return "the escape after \\ is not supported; neither are back references" + here;
        case re2::RE2::ErrorTrailingBackslash:
            return "nothing follows the \\ at the end";
        case re2::RE2::ErrorBadCharClass:
        case re2::RE2::ErrorBadCharRange:
            return "a set of characters in [ ] is invalid" + here;
        case re2::RE2::ErrorPatternTooLarge:
            return "it needs too much memory";
        default:
            return "it cannot be parsed" + here;
    }
}

}  // namespace

PathRegex::PathRegex(std::shared_ptr<const re2::RE2> expression) noexcept : expression_(std::move(expression)) {}

Result<PathRegex, Problem> PathRegex::compile(std::string_view expression, bool ignore_case) {
    if (expression.size() > limits::http_path_regex_max) {
        return Problem{"is longer than 1024 bytes"};
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(limits::http_path_regex_memory_max);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // paths are bytes
    options.set_never_capture(true);
    options.set_case_sensitive(!ignore_case);
    auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!compiled->ok()) {
        return Problem{"is not a valid regular expression: " + explain(compiled->error_code(), compiled->error_arg())};
    }
    return PathRegex(std::move(compiled));
}

std::string_view PathRegex::text() const noexcept {
    return expression_ != nullptr ? std::string_view(expression_->pattern()) : std::string_view();
}

bool PathRegex::matches(std::string_view path) const noexcept {
    return expression_ != nullptr && path.size() <= limits::http_path_regex_path_max &&
           re2::RE2::FullMatchN(re2::StringPiece(path.data(), path.size()), *expression_, nullptr, 0);
}

}  // namespace ferrotunnel::http
