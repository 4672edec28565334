// Destination of the spans of requests, and their sampling rate.
#pragma once

#include <memory>

#include "trace/span_queue.hpp"

namespace ferrotunnel::trace {

/// Part of the rules of the HTTP edge. Without a queue there are no traces.
struct Output {
    std::shared_ptr<SpanQueue> queue;
    double sample = 1;  // the fraction of requests that are sampled, from 0 to 1
};

}  // namespace ferrotunnel::trace
