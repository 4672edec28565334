// Maps paths and hosts for a backend, and back in its responses. Nothing here is called for a service that rewrites
// neither.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/path_match.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::http {

/// A prefix as visitors see it and as the backend sees it, both as written in a target, without a slash at the end; the
/// root is empty.
struct PrefixMap {
    std::string seen;     // "/api"
    std::string backend;  // "/v2", or "" if the prefix is stripped

    /// The map of a service; empty if its rules rewrite no prefix, or map it to itself.
    static std::optional<PrefixMap> of(const Rules& rules, const PathRule& path);
    bool operator==(const PrefixMap&) const = default;
};

/// Appends the path for the backend. `path` is the request's, in canonical form and without query, which matched the
/// rule with that prefix: it has no dot segments that could lead out of the backend's prefix. The part below the prefix
/// does not change, but never begins with "//", which a backend could read as a host. "*" does not change.
void map_path(const PrefixMap& prefix, std::string_view path, std::string& out);

/// What is needed to map a response back.
struct MapBack {
    std::string_view visitor_scheme;     // the visitor's: "https"
    std::string_view visitor_authority;  // the requested one, possibly with a port
    /// The Host that the backend got; empty if Host was not rewritten.
    std::string_view backend_authority;
    const PrefixMap* prefix = nullptr;  // null if no prefix was rewritten
};

/// Maps Location or Content-Location. A URL with the backend's authority, also with another of the names localhost,
/// 127.0.0.1 and [::1] for it, gets the visitor's scheme and authority; a path, also that of a URL with the visitor's
/// own authority, gets the visitor's prefix. Everything else (other hosts, relative references, paths that are not
/// below the backend's prefix or have a backslash or control character, in which browsers could find a host) stays.
/// False if there is nothing to change, and `out` is unchanged.
bool map_location_back(const MapBack& map, std::string_view location, std::string& out);

/// Maps Set-Cookie. A Domain that is the backend's host becomes the visitor's; one that the backend's host is below is
/// left out, and so is the former if the visitor requested an address; Path gets the visitor's prefix. Cookies called
/// __Host- stay: they have no Domain, and their Path must be "/". False if there is nothing to change.
bool map_cookie_back(const MapBack& map, std::string_view cookie, std::string& out);

}  // namespace ferrotunnel::http
