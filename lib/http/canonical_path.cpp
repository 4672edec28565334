#include "http/canonical_path.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/percent.hpp"
#include "http/path_match.hpp"

namespace ferrotunnel::http {
namespace {

// A decoded byte never begins a "%XX" and never completes one, since a valid path has two digits after each '%'.
std::string with_unreserved_decoded(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    for (std::size_t at = 0; at < path.size();) {
        const int byte = percent_byte(path, at);
        if (byte >= 0 && is_unreserved(static_cast<char>(byte))) {
            out += static_cast<char>(byte);
            at += 3;
        } else {
            out += path[at++];
        }
    }
    return out;
}

// Resolves dot segments (RFC 3986, 5.2.4). No ".." leads out of the root.
std::string without_dot_segments(std::string_view path) {
    std::string out;
    out.reserve(path.size());
    for (std::size_t at = 1; at <= path.size();) {
        const std::size_t end = std::min(path.find('/', at), path.size());
        const std::string_view segment = path.substr(at, end - at);
        const bool last = end == path.size();
        if (segment == "..") {
            check(!out.empty(), "a path that leads out of the root was refused");
            out.resize(out.empty() ? 0 : out.rfind('/'));
        } else if (segment != ".") {
            out += '/';
            out += segment;
        }
        if (last && (segment == "." || segment == "..")) {
            out += '/';
        }
        at = end + 1;
    }
    return out;
}

}  // namespace

std::string canonical_path(std::string_view path) {
    PathReadings readings;
    if (readings.assign(path) != PathFault::not_canonical) {
        return std::string(path);
    }
    return without_dot_segments(with_unreserved_decoded(path));
}

}  // namespace ferrotunnel::http
