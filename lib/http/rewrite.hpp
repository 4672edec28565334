// Maps paths and hosts on their way to a backend, and back in its answers. Nothing here is called for a service that
// rewrites neither.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/path_match.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::http {

/// A prefix as visitors see it and as the backend sees it, both as they are written in a target, without a slash at the
/// end; the root is empty.
struct PrefixMap {
    std::string seen;     // "/api"
    std::string backend;  // "/v2", or "" where the prefix is stripped

    /// The map of a service; nothing where its rules rewrite no prefix, or map it to itself.
    static std::optional<PrefixMap> of(const Rules& rules, const PathRule& path);
    bool operator==(const PrefixMap&) const = default;
};

/// Appends the path that a backend is asked for. `path` is the request's, in canonical form and without query, for
/// which the rule with that prefix was found: it has no dot segments that could lead out of the backend's prefix. The
/// part below the prefix stays as it is, but it never begins with "//", which a backend could take for a host. "*"
/// stays.
void map_path(const PrefixMap& prefix, std::string_view path, std::string& out);

/// What is needed to map an answer back.
struct MapBack {
    std::string_view seen_scheme;     // the visitor's: "https"
    std::string_view seen_authority;  // what it asked for, perhaps with a port
    /// What the backend was told in Host; empty where Host was not rewritten.
    std::string_view backend_authority;
    const PrefixMap* prefix = nullptr;  // null where no prefix was rewritten
};

/// Maps Location or Content-Location. A URL with the backend's authority gets the visitor's scheme and authority; a
/// path, also that of a URL with the visitor's own authority, gets the visitor's prefix. Everything else (other hosts,
/// relative references, paths that are not below the backend's prefix or have a backslash or control character, in
/// which browsers could find a host) stays. False: nothing is to be changed, and `out` is as it was.
bool map_location_back(const MapBack& map, std::string_view location, std::string& out);

/// Maps Set-Cookie. A Domain that is the backend's host becomes the visitor's; one that the backend's host is below is
/// left out, and so is the former where the visitor asked for an address; Path gets the visitor's prefix. Cookies
/// called __Host- stay: they have no Domain, and their Path must be "/". False: nothing is to be changed.
bool map_cookie_back(const MapBack& map, std::string_view cookie, std::string& out);

}  // namespace ferrotunnel::http
