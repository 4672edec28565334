#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/percent.hpp"
#include "http/canonical_path.hpp"
#include "http/path_match.hpp"

namespace ferrotunnel::http {
namespace {

// Encodes spaces and letters beyond ASCII, which are allowed in a configuration's paths and arrive encoded in requests.
std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ' || static_cast<unsigned char>(c) >= 0x80) {
            append_percent(out, c);
        } else {
            out += c;
        }
    }
    return out;
}

std::string_view words_for_oddity(std::uint8_t oddities) {
    if ((oddities & odd_dot_segments) != 0) {
        return "has a dot segment ('.' or '..'); write the path that it leads to";
    }
    if ((oddities & odd_empty_segments) != 0) {
        return "has '//'; write one slash";
    }
    if ((oddities & odd_encoded_slash) != 0) {
        return "has an encoded slash or backslash (%2F, %5C), which programs interpret differently; end the rule "
               "before it";
    }
    return "has a ';', where some programs cut off a segment; end the rule before it";
}

Result<std::string, Problem> comparing_form(std::string_view text) {
    if (text.empty()) {
        return Problem{"is empty; the path for everything is '/'"};
    }
    if (text[0] == '~' || text[0] == '^') {
        return Problem{"does not begin with '/'; write a regular expression with \"~ \" in front, like \"~ /v[0-9]+\""};
    }
    if (text[0] != '/') {
        return Problem{"does not begin with '/'"};
    }
    if (text.find_first_of("?#") != std::string_view::npos) {
        return Problem{"has a query or fragment ('?' or '#'); rules match only the path"};
    }
    if (text.ends_with("/*") || text.ends_with("/**")) {
        return Problem{
            "ends with a star, which has no special meaning: a path stands for itself and all that is below it, "
            "so leave the star out (write a literal star as %2A)"};
    }
    std::string path = encoded(text);
    PathReadings readings;
    PathFault fault = readings.assign(path);
    if (fault == PathFault::not_canonical && readings.oddities() == 0) {
        path = canonical_path(path);
        fault = readings.assign(path);
    }
    if (fault != PathFault::none && readings.oddities() == 0) {
        return Problem{std::string(describe(fault))};
    }
    if (readings.oddities() != 0) {
        return Problem{std::string(words_for_oddity(readings.oddities()))};
    }
    const auto buffer = std::make_unique<PathBuffer>();
    return std::string(readings.reading(0, *buffer));
}

}  // namespace

std::string PathRule::text() const {
    if (kind == Kind::regex) {
        return "~ " + path;
    }
    return (kind == Kind::equals ? "= " : "") + (path.empty() ? "/" : written_path(path));
}

std::string written_path(std::string_view compared) {
    std::string out;
    for (const char c : compared) {
        if (c <= ' ' || c == '\x7f' || static_cast<unsigned char>(c) >= 0x80 || c == '?' || c == '#' || c == '\\') {
            append_percent(out, c);
        } else {
            out += c;
        }
    }
    return out;
}

Result<PathRule, Problem> parse_path_equals(std::string_view text) {
    auto path = comparing_form(text);
    if (!path) {
        return path.error();
    }
    return PathRule{PathRule::Kind::equals, std::move(*path)};
}

Result<PathRule, Problem> parse_path_prefix(std::string_view text) {
    auto path = comparing_form(text);
    if (!path) {
        return path.error();
    }
    if (path->ends_with('/')) {
        path->pop_back();
    }
    return PathRule{PathRule::Kind::prefix, std::move(*path)};
}

Result<PathRule, Problem> parse_path_regex(std::string_view text, bool ignore_case) {
    if (text.empty()) {
        return Problem{"is empty"};
    }
    const bool begins_with_name = (text[0] >= 'a' && text[0] <= 'z') || (text[0] >= 'A' && text[0] <= 'Z');
    if (begins_with_name && text.find('|') == std::string_view::npos) {
        return Problem{"can match no path: paths begin with '/', and the whole path is matched"};
    }
    auto compiled = PathRegex::compile(text, ignore_case);
    if (!compiled) {
        return compiled.error();
    }
    return PathRule{PathRule::Kind::regex, std::string(text), std::move(*compiled)};
}

std::size_t segments_of(std::string_view prefix) noexcept {
    return static_cast<std::size_t>(std::count(prefix.begin(), prefix.end(), '/'));
}

}  // namespace ferrotunnel::http
