// Traces and their collector: their rows, reader and check.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/traces.hpp"
#include "net/host_port.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ConfigReading;
class SectionReader;

/// A row for each setting of traces.
std::span<const Setting<Traces>> traces_settings() noexcept;

/// Reads `server.traces.headers`: fields for the collector, whose values are probably secrets.
void read_traces_sections(SectionReader& reader, Traces& traces, ConfigReading& reading);

/// A collector's URL.
struct TraceEndpoint {
    bool https = false;
    net::HostPort at;
    std::string authority;  // as it was written
    std::string path;       // with the query
};
/// The error is worded to follow the URL.
Result<TraceEndpoint, std::string> parse_trace_endpoint(const std::string& url);

void check_traces(const Traces& traces, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
