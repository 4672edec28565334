#include "trace/context.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace ferrotunnel::trace {

void IdSource::take(MutableBytes into) {
    if (room_.size() - at_ < into.size()) {
        random_.fill(room_);
        at_ = 0;
    }
    std::copy_n(room_.begin() + static_cast<std::ptrdiff_t>(at_), into.size(), into.begin());
    at_ += into.size();
}

// An id of only zeros is invalid.
template <typename Id>
Id IdSource::id() {
    Id id{};
    while (id == Id{}) {
        take(id);
    }
    return id;
}

template TraceId IdSource::id<TraceId>();
template SpanId IdSource::id<SpanId>();

double IdSource::fraction() {
    constexpr unsigned digits = 53;  // of a double
    std::array<std::uint8_t, 8> bytes{};
    take(bytes);
    return static_cast<double>(load_be<8>(bytes.data()) >> (64U - digits)) / static_cast<double>(1ULL << digits);
}

Context make_context(const std::optional<Traceparent>& parent, bool is_trusted, double rate, IdSource& ids) {
    Context context;
    context.trace = parent ? parent->trace : ids.trace_id();
    context.parent = parent ? parent->span : SpanId{};
    context.request = ids.span_id();
    context.backend = ids.span_id();
    context.sampled = parent && is_trusted ? parent->sampled : ids.fraction() < rate;
    return context;
}

}  // namespace ferrotunnel::trace
