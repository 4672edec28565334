// The canonical form of a path (RFC 3986, 6.2.2): dot segments are resolved, and unreserved characters (letters and
// digits, '-', '.', '_', '~') are not percent-encoded. Everything else stays as written, including the case of "%2f".
//
// A path is put into this form before anything reads it: routes, scopes and conditions of plugins, plugins themselves,
// rewrites and redirects, and the backend. Only the access log has it as the visitor wrote it.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::http {

/// The canonical form of a path for which PathReadings finds no fault except PathFault::not_canonical. Any other text
/// is returned unchanged.
std::string canonical_path(std::string_view path);

}  // namespace ferrotunnel::http
