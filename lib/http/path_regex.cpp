#include "http/path_regex.hpp"

#include <re2/re2.h>

#include "base/limits.hpp"
#include "http/path_match.hpp"

namespace ferrotunnel::http {

PathRegex::PathRegex(std::shared_ptr<const re2::RE2> expression) noexcept : expression_(std::move(expression)) {}

Result<PathRegex, Problem> PathRegex::compile(std::string_view expression) {
    if (expression.size() > limits::http_path_regex_max) {
        return Problem{"is longer than 1024 bytes"};
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(limits::http_path_regex_memory_max);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // paths are bytes
    options.set_never_capture(true);
    auto compiled = std::make_shared<const re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!compiled->ok()) {
        return Problem{"is no regular expression: " + compiled->error()};
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

Result<PathRule, Problem> parse_path_regex(std::string_view text) {
    if (text.empty()) {
        return Problem{"is empty"};
    }
    const bool begins_with_name = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    if (begins_with_name && text.find('|') == std::string_view::npos) {
        return Problem{"can match no path: paths begin with '/', and the whole path is matched"};
    }
    auto compiled = PathRegex::compile(text);
    if (!compiled) {
        return compiled.error();
    }
    return PathRule{PathRule::Kind::regex, std::string(text), std::move(*compiled)};
}

}  // namespace ferrotunnel::http
