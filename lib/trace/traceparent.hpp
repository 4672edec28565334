// W3C Trace Context, level 1: the fields that propagate a trace. `traceparent` names the trace and the span that caused
// a request; `tracestate` belongs to others and is only passed on, or not.
//
//     00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//     version       trace                    span         flags: 01 is "sampled"
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::trace {

using TraceId = std::array<std::uint8_t, 16>;
/// All zero: none.
using SpanId = std::array<std::uint8_t, 8>;

struct Traceparent {
    TraceId trace{};
    SpanId span{};
    bool sampled = false;

    static constexpr std::size_t text_size = 55;
    /// In the form for backends, version 00.
    using Text = std::array<char, text_size>;
    Text text() const noexcept;
};

/// Empty if it is invalid. Of later versions it reads the parts of version 00, as the standard requires.
std::optional<Traceparent> parse_traceparent(std::string_view value) noexcept;

/// Number of members in the value of one `tracestate` field. Empty if it breaks the grammar.
std::optional<std::size_t> count_tracestate(std::string_view value) noexcept;

}  // namespace ferrotunnel::trace
