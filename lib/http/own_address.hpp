// Maps what a request says of the address that it is sent to: a backend that compares Origin, Referer or Destination
// with its Host sees one address. What names another address than the visitor's stays, so that a backend can refuse
// it.
#pragma once

#include <string>
#include <string_view>

#include "http/rewrite.hpp"

namespace ferrotunnel::http {

/// What visitors and backend call the service.
struct OwnAddress {
    std::string_view seen_scheme;     // the visitor's: "https"
    std::string_view seen_authority;  // what it asked for, perhaps with a port
    std::string_view backend_scheme;  // "http"
    /// What the backend is told in Host; empty where Host is not rewritten.
    std::string_view backend_authority;
    const PrefixMap* prefix = nullptr;  // null where no prefix is rewritten
};

// These append what the value becomes. False: nothing is to be changed, and `out` is as it was.

/// Maps Origin. It must be the visitor's to the scheme and port, since pages of another origin are strangers. Only
/// where Host is rewritten: many backends compare Origin with what X-Forwarded-Proto says.
bool map_origin(const OwnAddress& own, std::string_view origin, std::string& out);

/// Maps Referer in the same way, and its path where that is below the prefix.
bool map_referer(const OwnAddress& own, std::string_view referer, std::string& out);

/// Maps Destination (WebDAV, RFC 4918, 10.3) to path and query, which mean the same under each name of the backend,
/// where scheme, host or prefix differ for it. It stays if its path is not surely below the prefix: it is then not the
/// service's.
bool map_destination(const OwnAddress& own, std::string_view destination, std::string& out);

/// Maps the resources of If (RFC 4918, 10.4): each "<URL>" as a Destination.
bool map_if(const OwnAddress& own, std::string_view condition, std::string& out);

}  // namespace ferrotunnel::http
