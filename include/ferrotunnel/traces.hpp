// Settings of a server's traces.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ferrotunnel {

/// Traces of the requests of HTTP visitors, for an OpenTelemetry collector: OTLP over HTTP, in JSON. docs/traces.md
/// describes the spans. Threads that serve visitors never wait for the collector.
struct Traces {
    /// The collector's URL, http or https; the default path is /v1/traces. Empty: no traces, and trace fields of
    /// visitors are forwarded unchanged.
    std::string endpoint{};
    /// The share of requests that are traced, from 0 to 1. For a trace begun by a proxy in `trusted_proxies`, the proxy
    /// decides.
    double sample = 1;
    /// The name of this server in traces: OpenTelemetry's service.name.
    std::string service_name = "ferrotunnel";
    /// Header fields (name and value) of each request to the collector, such as Authorization. They are never logged.
    std::vector<std::pair<std::string, std::string>> headers{};
    /// CAs to verify the collector's certificate against, PEM; empty: the system's.
    std::string ca_file{};

    friend bool operator==(const Traces&, const Traces&) = default;
};

}  // namespace ferrotunnel
