// What a service with hosts is, of HTTP or of TLS that passes untouched, as a value; and how it is read from what a
// client says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/path_match.hpp"
#include "http/rules.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::tunnel {

/// Two registrations are compared by it.
struct HttpDescription {
    std::string name;                // for logs
    std::string token_name;          // for logs
    std::vector<std::string> hosts;  // normalised: "app.example.com", "*.example.com", "**.example.com", "*"
    http::PathRule path;             // which of their paths; by default all
    http::Rules rules;
    bool passthrough = false;  // of TLS: no path, no rules
    bool per_visitor = false;  // a stream carries requests of one visitor's connection only

    /// What makes a name of a host, as ClaimName has it: the path, or that it is about TLS.
    std::string claimed_path() const;

    friend bool operator==(const HttpDescription&, const HttpDescription&) = default;
};

/// "/api", "= /status", "~ /v[0-9]+/.*"; empty: all paths. The words of a problem go behind the text.
Result<http::PathRule, http::Problem> read_http_path(std::string_view text);

/// Fills in hosts (without duplicates) and path. A sentence when something is wrong.
std::optional<std::string> read_http_part(const wire::HttpPart& part, HttpDescription& description);

/// The same of a service of the kind tls.
std::optional<std::string> read_tls_part(const wire::TlsPart& part, HttpDescription& description);

/// What comes before "below a domain": a name in normal form that hosts can be assigned under. Empty when `text` is
/// none.
std::string read_domain(std::string_view text);

}  // namespace ferrotunnel::tunnel
