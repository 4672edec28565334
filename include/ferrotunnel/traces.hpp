// Where a server tells of requests as traces.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ferrotunnel {

/// Traces of the requests of HTTP visitors, for an OpenTelemetry collector: OTLP over HTTP, in JSON. docs/traces.md
/// says which spans there are. Threads that serve visitors never wait for the collector.
struct Traces {
    /// The collector's URL, http or https; without a path it gets /v1/traces. Empty: there are no traces, and what
    /// visitors say of theirs is passed on as it is.
    std::string endpoint{};
    /// The part of requests that are told of, from 0 to 1. Proxies in `trusted_proxies` that have begun a trace decide
    /// for it themselves.
    double sample = 1;
    /// What traces call this server: OpenTelemetry's service.name.
    std::string service_name = "ferrotunnel";
    /// Header fields of messages to the collector, by names, such as Authorization. They appear in no log.
    std::vector<std::pair<std::string, std::string>> headers{};
    /// The CAs that the collector's certificate is verified against, PEM; empty: the system's.
    std::string ca_file{};

    friend bool operator==(const Traces&, const Traces&) = default;
};

}  // namespace ferrotunnel
