// How paths are compared, so that the edge and a backend cannot disagree about which rule a request matches.
//
// A path is compared in its canonical form (http/canonical_path.hpp): no dot segments, and no percent-encoded byte that
// needs no encoding. Plugins and the backend get it in the same form, so these cannot differ.
//
// What remains are paths that programs read in different ways: some read "%2F" as a slash, some merge "//", some cut
// ";parameters" off a segment. The edge does not guess which of them is behind it. A path that has none of this has one
// reading, which is compared. A path with some of it has several *readings*, by what a backend might do; the request is
// routed only if all of them match the same rule, and rejected (400, `ambiguous_path`) otherwise. So
// "/api/group%2Fproject" passes where "/api" is one rule, and "/admin%2Fusers" or "//admin" is rejected if "/admin"
// has a rule of its own.
//
// The form in which paths are compared: percent-encoded bytes are decoded ("/a%2Bb" is "/a+b"), but for %25, %2F and
// %5C, which stay as they are in upper case. Case matters. The query is ignored.
//
// These paths are rejected whatever the rules are, since the order of a backend's steps would matter or since only
// attackers send them: paths with invalid percent-encoding ("%zz"), encoded control characters, encodings
// of UTF-8 that are longer than necessary (%C0%AF, an old disguise of '/') and bytes that it never has (%C0, %C1, %F5
// to %FF), encoded dot segments ("%2e%2e"), ".." that leads out of the root, dot segments in one path with "//", an
// encoded slash or ";", and an encoded slash in one path with ";". A backend that decodes a path twice ("%252e"), or
// reads %3F or %23 as the end of the path, is not protected.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "http/host_pattern.hpp"
#include "http/path_regex.hpp"

namespace ferrotunnel::http {

enum class PathFault : std::uint8_t {
    none,
    not_absolute,       // does not begin with '/'
    too_long,           // above the target's limit
    bad_byte,           // control, space, '?', '#', backslash or a byte above 0x7e, not percent-encoded
    bad_escape,         // "%" without two hexadecimal digits
    encoded_control,    // %00 to %1F, %7F
    overlong_encoding,  // %C0%AF and the like, and bytes that UTF-8 never has: %FF
    encoded_dots,       // "/%2e%2e/x"
    mixed,              // oddities whose order would matter: "/a/..;/x"
    above_root,         // "/../x"
    not_canonical,      // "/a/../b", "/%61": its canonical form has no fault
    too_long_to_match,  // for the regular expressions of its host, which a longer one could bypass
};

/// The fault in words, for logs and configuration errors: "has a '%' without two hexadecimal digits after it".
std::string_view describe(PathFault fault) noexcept;

/// The parts of a path that programs read differently, as bits.
enum PathOddity : std::uint8_t {
    odd_dot_segments = 1,    // "." or ".." (a fault)
    odd_empty_segments = 2,  // "//" (kept or merged)
    odd_encoded_slash = 4,   // "%2F" or "%5C" (data or a separator)
    odd_parameters = 8,      // ';' or "%3B" in a segment (data or cut off with what follows it)
};

/// Room for a reading of any path.
using PathBuffer = std::array<char, limits::http_target_max>;

/// A path in canonical form, checked and ready to be read. For usual paths this is cheap: one pass, no copy.
class PathReadings {
public:
    /// `path` has to outlive this. On a fault there are no readings; not_canonical is the last fault that is checked.
    PathFault assign(std::string_view path) noexcept;

    /// The union of the path's PathOddity bits; 0 for a path with one reading.
    std::uint8_t oddities() const noexcept { return oddities_; }
    std::size_t count() const noexcept;
    /// The path has one reading, which is the path as written.
    bool is_plain() const noexcept { return oddities_ == 0 && !escaped_; }
    std::string_view plain() const noexcept { return path_; }

    /// Reading `which`, less than count(); reading 0 takes the path literally. The result may point into `buffer`.
    std::string_view reading(std::size_t which, PathBuffer& buffer) const noexcept;
    /// What a backend with reading `which` does, in words that follow "A backend that": "merges '//', reads %2F as a
    /// slash"; "takes it literally".
    std::string describe_reading(std::size_t which) const;

private:
    void find_oddities() noexcept;
    PathFault judge() const noexcept;
    /// The oddities that this reading resolves.
    std::uint8_t actions_of(std::size_t which) const noexcept;

    std::string_view path_;
    std::uint8_t oddities_ = 0;
    bool escaped_ = false;
    bool escaped_unreserved_ = false;
    bool encoded_dots_ = false;
};

struct PathRule {
    enum class Kind : std::uint8_t {
        equals,  // only the path itself
        regex,   // an RE2 expression that matches the whole path
        prefix,  // the path and what is below it: "/api" matches /api, /api/ and /api/x, not /apix
    };

    Kind kind = Kind::prefix;
    /// For `equals` and `prefix`, the path in the form in which paths are compared; a prefix has no slash at its end,
    /// so the one for everything is empty.
    std::string path;
    /// For `regex`: `path`, compiled, so that copies need not compile it again. RouteTable::build() compiles it if it
    /// is missing.
    PathRegex expression = {};

    /// The rule as people read it: `= /status`, `~ /v[0-9]+/.*`, `/api`, `/`.
    std::string text() const;
    bool operator==(const PathRule& other) const noexcept { return kind == other.kind && path == other.path; }
};

/// Parse a path as written in a configuration: percent-encoded or plain UTF-8, no query. A path that has several
/// readings would be a rule that no request can match safely, so it is a problem.
Result<PathRule, Problem> parse_path_equals(std::string_view text);
Result<PathRule, Problem> parse_path_prefix(std::string_view text);

/// Parses an expression. It has to match the whole path; "/v[0-9]+/.*" is everything below /v1, /v2 and so on.
/// `ignore_case`: its letters match in either case.
Result<PathRule, Problem> parse_path_regex(std::string_view text, bool ignore_case = false);

/// The path `compared`, which is in the form in which paths are compared, as written in a target or URL.
std::string written_path(std::string_view compared);

/// The number of segments of a prefix: "/api/v1" has 2, "" has 0.
std::size_t segments_of(std::string_view prefix) noexcept;

}  // namespace ferrotunnel::http
