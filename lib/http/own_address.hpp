// Maps the service's own address in request fields: a backend that compares Origin, Referer or Destination with its
// Host sees one address. Addresses other than the visitor's are not changed, so that a backend can reject them.
#pragma once

#include <string>
#include <string_view>

#include "http/rewrite.hpp"

namespace ferrotunnel::http {

/// The addresses of a service, as visitors and as its backend know it.
struct OwnAddress {
    std::string_view visitor_scheme;     // the visitor's: "https"
    std::string_view visitor_authority;  // the requested one, possibly with a port
    std::string_view backend_scheme;     // "http"
    /// The Host that the backend gets; empty if Host is not rewritten.
    std::string_view backend_authority;
    const PrefixMap* prefix = nullptr;  // null if no prefix is rewritten
};

// These append the mapped value. False if there is nothing to change, and `out` is unchanged.

/// Maps Origin. Its scheme and port must be the visitor's, since pages of another origin are foreign. Only if Host is
/// rewritten: many backends compare Origin with X-Forwarded-Proto.
bool map_origin(const OwnAddress& own, std::string_view origin, std::string& out);

/// Maps Referer in the same way, and its path if that is below the prefix.
bool map_referer(const OwnAddress& own, std::string_view referer, std::string& out);

/// Maps Destination (WebDAV, RFC 4918, 10.3) to path and query, which have the same meaning under each name of the
/// backend, if scheme, host or prefix differ for it. It is not changed if its path is not surely below the prefix: it
/// then does not belong to the service.
bool map_destination(const OwnAddress& own, std::string_view destination, std::string& out);

/// Maps the resources of If (RFC 4918, 10.4): each "<URL>" as a Destination.
bool map_if(const OwnAddress& own, std::string_view condition, std::string& out);

}  // namespace ferrotunnel::http
