// From the settings of traces to the collector that they name.
#pragma once

#include <optional>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/traces.hpp"
#include "observe/trace_exporter.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Nothing: there are no traces. Throws transport::TlsConfigError where the CAs cannot be read.
std::optional<observe::TraceTarget> make_trace_target(const Traces& traces);

/// Makes it, for the problems that only that shows.
void try_traces(const ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
