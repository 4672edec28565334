// Converts the settings of traces into the collector that they name.
#pragma once

#include <optional>
#include <vector>

#include "ferrotunnel/error.hpp"
#include "ferrotunnel/traces.hpp"
#include "observe/trace_exporter.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// Empty if there are no traces. Throws transport::TlsConfigError if the CAs cannot be read.
std::optional<observe::TraceTarget> make_trace_target(const Traces& traces);

/// Creates the target to find the problems that only this shows.
void try_traces(const ServerSettings& settings, std::vector<Problem>& problems);

}  // namespace ferrotunnel::detail
