// Encodes spans for an OpenTelemetry collector: OTLP's ExportTraceServiceRequest in JSON. Ids are in hexadecimal there,
// and 64-bit numbers are strings.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "trace/span.hpp"

namespace ferrotunnel::trace {

/// `service`: this server's name in traces; `version`: the program's.
std::string otlp_json(std::string_view service, std::string_view version, std::span<const Span> spans);

}  // namespace ferrotunnel::trace
