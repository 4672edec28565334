// A request's trace, and whether its spans are exported.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/random.hpp"
#include "trace/traceparent.hpp"

namespace ferrotunnel::trace {

/// Creates ids from randomness that it fetches in larger pieces. Used on one thread.
class IdSource {
public:
    explicit IdSource(Random& random) noexcept : random_(random) {}

    TraceId trace_id() { return id<TraceId>(); }
    SpanId span_id() { return id<SpanId>(); }
    /// A number in [0, 1).
    double fraction();

private:
    template <typename Id>
    Id id();
    void take(MutableBytes into);

    Random& random_;
    std::array<std::uint8_t, 512> room_{};
    std::size_t at_ = room_.size();  // bytes before it were used
};

/// A request's place in its trace. The backend receives the span that waits for it as parent.
struct Context {
    TraceId trace{};
    SpanId parent{};   // the visitor's; none: the trace starts here
    SpanId request{};  // the server's span
    SpanId backend{};  // below it
    bool sampled = false;

    Traceparent for_backend() const noexcept { return {trace, backend, sampled}; }
};

/// Continues the trace of `parent`, or starts one. `rate`, from 0 to 1: the fraction of requests that are sampled.
/// `is_trusted`: the parent's decision is used instead; without a parent it has no effect.
Context make_context(const std::optional<Traceparent>& parent, bool is_trusted, double rate, IdSource& ids);

}  // namespace ferrotunnel::trace
