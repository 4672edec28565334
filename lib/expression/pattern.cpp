#include "expression/pattern.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "expression/limits.hpp"
#include "expression/mistake.hpp"

namespace ferrotunnel::expression {
namespace {

// RE2's own messages are terse ("missing ): /v("), and call features of other engines an "invalid perl operator".
std::string_view words_for(re2::RE2::ErrorCode code) {
    switch (code) {
        case re2::RE2::ErrorMissingParen:
            return "does not close a parenthesis (";
        case re2::RE2::ErrorUnexpectedParen:
            return "closes a parenthesis ) that is not open";
        case re2::RE2::ErrorMissingBracket:
            return "does not close a bracket [";
        case re2::RE2::ErrorBadCharClass:
        case re2::RE2::ErrorBadCharRange:
            return "has an invalid set of characters in [ ]";
        case re2::RE2::ErrorRepeatArgument:
            return "repeats where there is nothing to repeat";
        case re2::RE2::ErrorRepeatSize:
            return "repeats more often than is possible";
        case re2::RE2::ErrorRepeatOp:
            return "repeats a repetition";
        case re2::RE2::ErrorBadPerlOp:
            return "has a lookahead, a lookbehind or another group that is not supported";
        case re2::RE2::ErrorBadEscape:
            return "has an unknown escape with \\; back references are not supported";
        case re2::RE2::ErrorTrailingBackslash:
            return "ends with a \\";
        default:
            return "cannot be read";
    }
}

}  // namespace

Pattern::Pattern(std::shared_ptr<const re2::RE2> expression) noexcept : expression_(std::move(expression)) {}

Result<Pattern, std::string> Pattern::compile(std::string_view expression) {
    // Matched by bytes, [é] would match either byte of it.
    if (std::any_of(expression.begin(), expression.end(),
                    [](char c) { return static_cast<unsigned char>(c) > 0x7f; })) {
        return std::string("has a character beyond ASCII; it is matched by bytes, so write them, like \\xC3\\xA9");
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(limits::expression_regex_memory_max);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);
    options.set_never_capture(true);
    auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!compiled->ok() && compiled->error_code() != re2::RE2::ErrorPatternTooLarge) {
        const std::string& part = compiled->error_arg();
        return std::string(words_for(compiled->error_code())) + (part.empty() ? "" : ", at " + in_message(part));
    }
    if (!compiled->ok() || compiled->ProgramSize() > limits::expression_regex_size_max) {
        return std::string("is too large: with repetitions written out it has more than a thousand characters");
    }
    return Pattern(std::move(compiled));
}

bool Pattern::matches(std::string_view text) const {
    return re2::RE2::PartialMatchN(re2::StringPiece(text.data(), text.size()), *expression_, nullptr, 0);
}

}  // namespace ferrotunnel::expression
