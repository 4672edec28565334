// Which trace a request belongs to, and whether its spans are told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/random.hpp"
#include "trace/traceparent.hpp"

namespace ferrotunnel::trace {

/// Makes ids, of randomness that it fetches in larger pieces. On one thread.
class IdSource {
public:
    explicit IdSource(Random& random) noexcept : random_(random) {}

    TraceId trace_id() { return id<TraceId>(); }
    SpanId span_id() { return id<SpanId>(); }
    /// A number from 0 up to and without 1.
    double fraction();

private:
    template <typename Id>
    Id id();
    void take(MutableBytes into);

    Random& random_;
    std::array<std::uint8_t, 512> room_{};
    std::size_t at_ = room_.size();  // what is before it was used
};

/// A request's place in its trace. The backend is told of the span that waits for it.
struct Context {
    TraceId trace{};
    SpanId parent{};   // the visitor's; none: the trace begins here
    SpanId request{};  // the server's span
    SpanId backend{};  // below it
    bool sampled = false;

    Traceparent for_backend() const noexcept { return {trace, backend, sampled}; }
};

/// Continues with the trace of `parent`, or begins one. `rate`, from 0 to 1: the part of requests that are sampled.
/// `is_trusted`: whether the parent's word counts instead; it is without meaning where there is no parent.
Context make_context(const std::optional<Traceparent>& parent, bool is_trusted, double rate, IdSource& ids);

}  // namespace ferrotunnel::trace
