// Redirects of visitors. The write_ functions append the Location to `out`. The query of the request is kept as
// written, and so is its path, if the redirect does not replace it or its prefix.
#pragma once

#include <string>
#include <string_view>

#include "http/path_match.hpp"
#include "http/rules.hpp"

namespace ferrotunnel::http {

/// Writes the Location of a service's redirect. `rule` is the one that matches `path` ("*" counts as "/"); `query`
/// begins with '?' or is empty.
void write_redirect(const Redirect& redirect, const PathRule& rule, std::string_view path, std::string_view query,
                    std::string& out);

/// Writes the Location of the same page over TLS. `host` is in the form of normal_host().
void write_https_redirect(const HttpsRedirect& redirect, std::string_view host, std::string_view path,
                          std::string_view query, std::string& out);

/// The value of Strict-Transport-Security: "max-age=31536000; includeSubDomains".
std::string hsts_value(const Hsts& hsts);

}  // namespace ferrotunnel::http
