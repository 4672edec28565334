// Spans as an OpenTelemetry collector takes them: OTLP's ExportTraceServiceRequest in JSON. Ids are in hexadecimal
// there, and numbers of 64 bits are texts.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "trace/span.hpp"

namespace ferrotunnel::trace {

/// `service`: what the traces call this server; `version`: the program's.
std::string otlp_json(std::string_view service, std::string_view version, std::span<const Span> spans);

}  // namespace ferrotunnel::trace
