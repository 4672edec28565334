#include "http/rewrite.hpp"

#include <algorithm>

#include "http/authority.hpp"
#include "http/characters.hpp"
#include "http/field_name.hpp"
#include "http/url.hpp"

namespace ferrotunnel::http {
namespace {

bool starts_with_text(std::string_view text, std::string_view start) noexcept {
    return text.size() >= start.size() && same_text(text.substr(0, start.size()), start);
}

// The path with one slash at its start: "/x" for "//x".
std::string_view with_one_slash(std::string_view path) noexcept {
    while (path.starts_with("//")) {
        path.remove_prefix(1);
    }
    return path;
}

bool is_below(std::string_view path, std::string_view prefix) noexcept {
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/' ||
                                        path[prefix.size()] == '?' || path[prefix.size()] == '#');
}

// Whether browsers read the path differently. They read a backslash as a slash and remove tabs and line ends, so these
// could hide a "//" and after it a host.
bool is_read_otherwise_by_browsers(std::string_view path) noexcept {
    path = path.substr(0, path.find_first_of("?#"));
    return std::any_of(path.begin(), path.end(),
                       [](char c) { return c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; });
}

// Appends the path that a visitor uses for `path` of the backend, which may be followed by a query or fragment.
bool map_path_back(const PrefixMap& prefix, std::string_view path, std::string& out) {
    if (!is_below(path, prefix.backend) || is_read_otherwise_by_browsers(path)) {
        return false;
    }
    const std::string_view below = path.substr(prefix.backend.size());
    out += prefix.seen;
    if (prefix.seen.empty() && !below.starts_with('/')) {
        out += '/';
    }
    out += prefix.seen.empty() ? with_one_slash(below) : below;
    return true;
}

std::uint16_t port_of(const Authority& authority, std::string_view scheme) noexcept {
    return authority.port != 0 ? authority.port : same_text(scheme, "https") ? std::uint16_t{443} : std::uint16_t{80};
}

// What `localhost` stands for: a backend there calls itself by any of these, whatever Host says. In normal form.
bool is_loopback(std::string_view host) noexcept {
    return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

using SameHost = bool (*)(std::string_view, std::string_view) noexcept;

bool same_name(std::string_view a, std::string_view b) noexcept {
    return a == b;
}

bool same_backend(std::string_view a, std::string_view b) noexcept {
    return a == b || (is_loopback(a) && is_loopback(b));
}

// Whether a URL with `scheme` and `left` is at the authority `right`. The Host sent to the backend has no
// scheme: without a port it means the default port of either scheme.
bool same_authority(std::string_view scheme, std::string_view left, std::string_view right,
                    SameHost same_host) noexcept {
    Authority a;
    Authority b;
    if (split_authority(left, a) != AuthorityFault::none || split_authority(right, b) != AuthorityFault::none) {
        return false;
    }
    HostBuffer a_buffer;
    HostBuffer b_buffer;
    if (!same_host(normal_host(a, a_buffer), normal_host(b, b_buffer))) {
        return false;
    }
    if (b.port == 0) {
        return a.port == 0 || a.port == 80 || a.port == 443;
    }
    return scheme.empty() ? a.port == b.port || a.port == 0 : port_of(a, scheme) == b.port;
}

bool map_url_back(const MapBack& map, const Url& url, std::string& out) {
    const bool at_backend = !map.backend_authority.empty() &&
                            same_authority(url.scheme, url.authority, map.backend_authority, same_backend);
    if (!at_backend && !same_authority(url.scheme, url.authority, map.visitor_authority, same_name)) {
        return false;
    }
    const std::size_t start = out.size();
    if (!url.scheme.empty()) {
        out += at_backend ? map.visitor_scheme : url.scheme;
        out += ':';
    }
    out += "//";
    out += at_backend ? map.visitor_authority : url.authority;
    const bool mapped =
        map.prefix != nullptr && map_path_back(*map.prefix, url.rest.starts_with('/') ? url.rest : "/", out);
    if (!mapped) {
        out += url.rest;
    } else if (!url.rest.starts_with('/')) {
        out += url.rest;  // a query directly after the authority
    }
    if (!mapped && !at_backend) {
        out.resize(start);
        return false;
    }
    return true;
}

// What happens to one attribute of a cookie.
enum class Fate { stays, changed, dropped };

Fate map_domain_back(const MapBack& map, std::string_view domain, std::string& out) {
    if (domain.starts_with('.')) {
        domain.remove_prefix(1);
    }
    HostBuffer domain_buffer;
    HostBuffer backend_buffer;
    const std::string_view wanted = normal_host(domain, domain_buffer);
    const std::string_view backend = normal_host(map.backend_authority, backend_buffer);
    if (wanted.empty() || backend.empty()) {
        return Fate::stays;
    }
    if (!same_backend(wanted, backend)) {
        const bool below = backend.size() > wanted.size() && backend.ends_with(wanted) &&
                           backend[backend.size() - wanted.size() - 1] == '.';
        return below ? Fate::dropped : Fate::stays;
    }
    Authority seen;
    HostBuffer seen_buffer;
    if (split_authority(map.visitor_authority, seen) != AuthorityFault::none || seen.kind != HostKind::name) {
        return Fate::dropped;  // an address has no domain
    }
    out += "Domain=";
    out += normal_host(seen, seen_buffer);
    return Fate::changed;
}

Fate map_cookie_path_back(const PrefixMap& prefix, std::string_view path, std::string& out) {
    const std::size_t start = out.size();
    out += "Path=";
    // "/" is everything, so it becomes the prefix itself, which also covers paths with a slash after it.
    const bool everything = path == "/" && prefix.backend.empty();
    if (everything ? prefix.seen.empty() : !path.starts_with('/')) {
        out.resize(start);
        return Fate::stays;
    }
    if (everything) {
        out += prefix.seen;
        return Fate::changed;
    }
    if (!map_path_back(prefix, path, out)) {
        out.resize(start);
        return Fate::stays;
    }
    return Fate::changed;
}

Fate map_attribute_back(const MapBack& map, std::string_view attribute, std::string& out) {
    const std::size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) {
        return Fate::stays;
    }
    const std::string_view name = trimmed(attribute.substr(0, equals));
    const std::string_view value = trimmed(attribute.substr(equals + 1));
    if (!map.backend_authority.empty() && same_text(name, "Domain")) {
        return map_domain_back(map, value, out);
    }
    if (map.prefix != nullptr && same_text(name, "Path")) {
        return map_cookie_path_back(*map.prefix, value, out);
    }
    return Fate::stays;
}

}  // namespace

std::optional<PrefixMap> PrefixMap::of(const Rules& rules, const PathRule& path) {
    if (!rules.prefix || path.kind != PathRule::Kind::prefix) {
        return std::nullopt;
    }
    PrefixMap map;
    map.seen = path.path.empty() ? "" : written_path(path.path);
    map.backend = rules.prefix->to;
    return map.seen == map.backend ? std::nullopt : std::optional(std::move(map));
}

void map_path(const PrefixMap& prefix, std::string_view path, std::string& out) {
    if (path == "*") {
        out += path;
        return;
    }
    // The request may have written the prefix differently, but with as many segments.
    std::string_view below = path;
    for (std::size_t segments = segments_of(prefix.seen); segments > 0; --segments) {
        below.remove_prefix(std::min(below.find('/', 1), below.size()));
    }
    below = with_one_slash(below);
    out += prefix.backend;
    out += below.empty() && prefix.backend.empty() ? "/" : below;
}

bool map_location_back(const MapBack& map, std::string_view location, std::string& out) {
    Url url;
    if (split_url(location, url)) {
        return map_url_back(map, url, out);
    }
    return map.prefix != nullptr && location.starts_with('/') && map_path_back(*map.prefix, location, out);
}

bool map_cookie_back(const MapBack& map, std::string_view cookie, std::string& out) {
    if (starts_with_text(trimmed(cookie), "__Host-")) {
        return false;
    }
    const std::size_t start = out.size();
    bool changed = false;
    std::size_t end = std::min(cookie.find(';'), cookie.size());
    out += cookie.substr(0, end);  // name and value
    while (end < cookie.size()) {
        const std::size_t begin = end + 1;
        end = std::min(cookie.find(';', begin), cookie.size());
        const std::string_view attribute = cookie.substr(begin, end - begin);
        const std::size_t before = out.size();
        out += "; ";
        const Fate fate = map_attribute_back(map, trimmed(attribute), out);
        if (fate != Fate::changed) {
            out.resize(before);
        }
        if (fate == Fate::stays) {
            out += ';';
            out += attribute;
        }
        changed |= fate != Fate::stays;
    }
    if (!changed) {
        out.resize(start);
    }
    return changed;
}

}  // namespace ferrotunnel::http
