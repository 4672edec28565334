#include "http/path_regex.hpp"

#include <re2/re2.h>

#include "base/limits.hpp"

namespace ferrotunnel::http {

PathRegex::PathRegex(std::unique_ptr<const re2::RE2> expression) : expression_(std::move(expression)) {}
PathRegex::~PathRegex() = default;
PathRegex::PathRegex(PathRegex&&) noexcept = default;
PathRegex& PathRegex::operator=(PathRegex&&) noexcept = default;

Result<PathRegex, Problem> PathRegex::compile(std::string_view expression) {
    if (expression.size() > limits::http_path_regex_max) {
        return Problem{"is longer than 1024 bytes"};
    }
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(limits::http_path_regex_memory_max);
    options.set_encoding(re2::RE2::Options::EncodingLatin1);  // paths are bytes
    options.set_never_capture(true);
    auto compiled = std::make_unique<re2::RE2>(re2::StringPiece(expression.data(), expression.size()), options);
    if (!compiled->ok()) {
        return Problem{"is no regular expression: " + compiled->error()};
    }
    return PathRegex(std::move(compiled));
}

bool PathRegex::matches(std::string_view path) const noexcept {
    return re2::RE2::FullMatchN(re2::StringPiece(path.data(), path.size()), *expression_, nullptr, 0);
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
    return PathRule{PathRule::Kind::regex, std::string(text)};
}

}  // namespace ferrotunnel::http
