// Spans of a trace in the model of OpenTelemetry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "trace/traceparent.hpp"

namespace ferrotunnel::trace {

/// With OTLP's numbers.
enum class Kind : std::uint8_t { internal = 1, server = 2, client = 3 };
enum class Status : std::uint8_t { unset = 0, error = 2 };

/// Nanoseconds since 1970.
using WallTime = std::uint64_t;

struct Span {
    using Value = std::variant<std::string, std::int64_t>;
    struct Event {
        std::string_view name;
        WallTime time = 0;
    };

    TraceId trace{};
    SpanId id{};
    SpanId parent{};
    Kind kind = Kind::internal;
    Status status = Status::unset;
    std::string name;
    WallTime begin = 0;
    WallTime end = 0;
    std::vector<std::pair<std::string_view, Value>> attributes;  // the keys are constants
    std::vector<Event> events;                                   // their names are constants, too

    /// Adds a text, truncated to the limit; an empty one is left out.
    void add(std::string_view key, std::string_view text);
    void add(std::string_view key, std::int64_t number) { attributes.emplace_back(key, number); }
};

}  // namespace ferrotunnel::trace
