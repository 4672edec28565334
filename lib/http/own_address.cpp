#include "http/own_address.hpp"

#include <algorithm>

#include "http/authority.hpp"
#include "http/canonical_path.hpp"
#include "http/field_name.hpp"
#include "http/path_match.hpp"
#include "http/url.hpp"

namespace ferrotunnel::http {
namespace {

std::uint16_t port_or_usual(const Authority& authority, std::string_view scheme) noexcept {
    const bool is_https = same_text(scheme, "https");
    return authority.port != 0 ? authority.port : is_https ? std::uint16_t{443} : std::uint16_t{80};
}

bool is_usual_port(const Authority& authority, std::string_view scheme) noexcept {
    return port_or_usual(authority, scheme) == port_or_usual({}, scheme);
}

// Whether the URL is at the visitor's authority. Its scheme may differ if both ports are the defaults of their schemes.
bool is_own(const OwnAddress& own, const Url& url) noexcept {
    Authority named;
    Authority seen;
    if (split_authority(url.authority, named) != AuthorityFault::none ||
        split_authority(own.visitor_authority, seen) != AuthorityFault::none) {
        return false;
    }
    HostBuffer named_buffer;
    HostBuffer seen_buffer;
    if (normal_host(named, named_buffer) != normal_host(seen, seen_buffer)) {
        return false;
    }
    const std::string_view scheme = url.scheme.empty() ? own.visitor_scheme : url.scheme;
    return port_or_usual(named, scheme) == port_or_usual(seen, own.visitor_scheme) ||
           (is_usual_port(named, scheme) && is_usual_port(seen, own.visitor_scheme));
}

bool has_own_origin(const OwnAddress& own, const Url& url) noexcept {
    return same_text(url.scheme, own.visitor_scheme) && is_own(own, url);
}

std::string_view path_in(std::string_view rest) noexcept {
    return rest.substr(0, rest.find_first_of("?#"));
}

// Appends the backend's path for `rest`, which begins with a path, and what follows it. False if it is not surely below
// the prefix, since programs read it differently, or it is outside.
bool map_below(const PrefixMap& prefix, std::string_view rest, std::string& out) {
    const std::string_view as_written = path_in(rest);
    const std::string path = canonical_path(as_written);
    PathReadings readings;
    if (readings.assign(path) != PathFault::none || readings.oddities() != 0) {
        return false;
    }
    PathBuffer buffer;
    const std::string written = written_path(readings.reading(0, buffer));
    if (!written.starts_with(prefix.seen) ||
        (written.size() > prefix.seen.size() && written[prefix.seen.size()] != '/')) {
        return false;
    }
    map_path(prefix, path, out);
    out += rest.substr(as_written.size());
    return true;
}

}  // namespace

bool map_origin(const OwnAddress& own, std::string_view origin, std::string& out) {
    Url url;
    if (own.backend_authority.empty() || !split_url(origin, url) || !url.rest.empty() || !has_own_origin(own, url)) {
        return false;
    }
    out.append(own.backend_scheme).append("://").append(own.backend_authority);
    return true;
}

bool map_referer(const OwnAddress& own, std::string_view referer, std::string& out) {
    Url url;
    if ((own.backend_authority.empty() && own.prefix == nullptr) || !split_url(referer, url) ||
        !has_own_origin(own, url)) {
        return false;
    }
    if (own.backend_authority.empty()) {
        out.append(url.scheme).append("://").append(url.authority);
    } else {
        out.append(own.backend_scheme).append("://").append(own.backend_authority);
    }
    if (own.prefix == nullptr || !map_below(*own.prefix, url.rest, out)) {
        out += url.rest;
    }
    return true;
}

bool map_destination(const OwnAddress& own, std::string_view destination, std::string& out) {
    Url url;
    const bool is_url = split_url(destination, url);
    if (is_url ? !is_own(own, url) : !destination.starts_with('/')) {
        return false;
    }
    std::string_view rest = is_url ? url.rest : destination;
    const bool has_path = rest.starts_with('/');
    if (own.prefix != nullptr) {
        return has_path && map_below(*own.prefix, rest, out);
    }
    if (!is_url || (own.backend_authority.empty() && same_text(url.scheme, own.backend_scheme))) {
        return false;
    }
    while (rest.starts_with("//")) {  // a path that begins with // would name a host
        rest.remove_prefix(1);
    }
    out.append(has_path ? "" : "/").append(rest);
    return true;
}

bool map_if(const OwnAddress& own, std::string_view condition, std::string& out) {
    const std::size_t start = out.size();
    bool changed = false;
    while (!condition.empty()) {
        const char first = condition.front();
        const std::size_t end = first == '<' ? condition.find('>') : first == '"' ? condition.find('"', 1) : 0;
        if (end == std::string_view::npos) {  // malformed
            changed = false;
            break;
        }
        if (first != '<' || !map_destination(own, condition.substr(1, end - 1), out.append("<"))) {
            out.resize(out.size() - (first == '<' ? 1 : 0));
            out += condition.substr(0, end + 1);
        } else {
            out += '>';
            changed = true;
        }
        condition.remove_prefix(end + 1);
    }
    if (!changed) {
        out.resize(start);
    }
    return changed;
}

}  // namespace ferrotunnel::http
