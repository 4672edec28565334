// Description of a service with hosts, of HTTP or of TLS passthrough, as a value; and its parser for clients' messages.
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
#include "hooks/session_run.hpp"
#include "http/path_match.hpp"
#include "http/rules.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::directory {

/// Limits of a service that differ from the server's settings.
struct HttpServiceLimits {
    std::optional<Duration> backend_connect;
    std::optional<Duration> first_byte;
    std::optional<Duration> upgraded_idle;
    std::optional<std::uint64_t> body_bytes_per_second_min;
    std::optional<std::uint64_t> body_bytes_max;
    bool upgrades = true;

    friend bool operator==(const HttpServiceLimits&, const HttpServiceLimits&) = default;
};

/// Upper bounds for limits that clients may request: a long wait holds a visitor's connection and a stream.
struct HttpBounds {
    Duration first_byte = std::chrono::hours(1);
    Duration upgraded_idle = std::chrono::hours(24);

    friend bool operator==(const HttpBounds&, const HttpBounds&) = default;
};

/// Description of a service, by which two registrations are compared.
struct HttpDescription {
    std::string name;                // for logs
    std::string token_name;          // for logs
    std::vector<std::string> hosts;  // normalised: "app.example.com", "*.example.com", "**.example.com", "*"
    http::PathRule path;             // which of the hosts' paths; by default all
    http::Rules rules;
    HttpServiceLimits limits;
    bool passthrough = false;            // TLS passthrough: no path, no rules
    bool per_visitor = false;            // a stream carries requests of only one visitor's connection
    bool backend_tls = false;            // the backend's own URLs start with https
    bool forwards = false;               // another member of the cluster applies everything; no hosts
    hooks::SharedNotes notes;            // of plugins, from the registration; the same object on all its trunks
    hooks::RequestedPluginsRef asked{};  // plugins that its client has requested; likewise

    /// The part that makes a name of a host, as in ClaimName: the path, or the mark for TLS.
    std::string claimed_path() const;

    friend bool operator==(const HttpDescription&, const HttpDescription&) = default;
};

/// Reads "/api", "= /status", "~ /v[0-9]+/.*"; empty: all paths. The words of a problem are to follow the text.
Result<http::PathRule, http::Problem> read_http_path(std::string_view text);

/// The values of a client, unchecked.
http::Rules rules_of(const wire::HttpRulesPart& part);
HttpServiceLimits limits_of(const wire::HttpLimitsPart& part);

/// Fills in hosts (without duplicates), path, rules and limits. Returns an error message if there is a problem.
std::optional<std::string> read_http_part(const wire::HttpPart& part, HttpDescription& description);

/// Like read_http_part(), for a service of the kind tls.
std::optional<std::string> read_tls_part(const wire::TlsPart& part, HttpDescription& description);
/// An error message about the first limit that exceeds the bounds; empty if none does.
std::optional<std::string> beyond_bounds(const HttpServiceLimits& limits, const HttpBounds& bounds);

/// Reads the domain below which hosts can be assigned, and returns it in normal form. Empty if `text` is not a domain.
std::string read_domain(std::string_view text);

}  // namespace ferrotunnel::directory
