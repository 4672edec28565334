// What a service with hosts is, of HTTP or of TLS that passes untouched, as a value; and how it is read from what a
// client says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "http/path_match.hpp"
#include "http/rules.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::directory {

/// What a service has otherwise than the server's settings for all.
struct HttpServiceLimits {
    std::optional<Duration> backend_connect;
    std::optional<Duration> first_byte;
    std::optional<Duration> upgraded_idle;
    std::optional<std::uint64_t> body_bytes_per_second_min;
    std::optional<std::uint64_t> body_bytes_max;
    bool upgrades = true;

    friend bool operator==(const HttpServiceLimits&, const HttpServiceLimits&) = default;
};

/// What the operator lets clients ask for: who waits for long holds a visitor's connection and a stream.
struct HttpBounds {
    Duration first_byte = std::chrono::hours(1);
    Duration upgraded_idle = std::chrono::hours(24);

    friend bool operator==(const HttpBounds&, const HttpBounds&) = default;
};

/// Two registrations are compared by it.
struct HttpDescription {
    std::string name;                // for logs
    std::string token_name;          // for logs
    std::vector<std::string> hosts;  // normalised: "app.example.com", "*.example.com", "**.example.com", "*"
    http::PathRule path;             // which of their paths; by default all
    http::Rules rules;
    HttpServiceLimits limits;
    bool passthrough = false;  // of TLS: no path, no rules
    bool per_visitor = false;  // a stream carries requests of one visitor's connection only

    /// What makes a name of a host, as ClaimName has it: the path, or that it is about TLS.
    std::string claimed_path() const;

    friend bool operator==(const HttpDescription&, const HttpDescription&) = default;
};

/// "/api", "= /status", "~ /v[0-9]+/.*"; empty: all paths. The words of a problem go behind the text.
Result<http::PathRule, http::Problem> read_http_path(std::string_view text);

/// The values that a client says, unchecked.
http::Rules rules_of(const wire::HttpRulesPart& part);
HttpServiceLimits limits_of(const wire::HttpLimitsPart& part);

/// Fills in hosts (without duplicates), path, rules and limits. A sentence when something is wrong.
std::optional<std::string> read_http_part(const wire::HttpPart& part, HttpDescription& description);

/// The same of a service of the kind tls.
std::optional<std::string> read_tls_part(const wire::TlsPart& part, HttpDescription& description);
/// A sentence about the first of the limits that is beyond the bounds.
std::optional<std::string> beyond_bounds(const HttpServiceLimits& limits, const HttpBounds& bounds);

/// What comes before "below a domain": a name in normal form that hosts can be assigned under. Empty when `text` is
/// none.
std::string read_domain(std::string_view text);

}  // namespace ferrotunnel::directory
