// Sends spans to an OpenTelemetry collector, by OTLP over HTTP in JSON.
//
//   idle --a batch waits, or gather_time is over--> sending --2xx--> idle
//     ^                                               |  ^ '--429, 502, 503, 504, no answer--> pausing --time--.
//     |                                               |  '-----------------------------------------------------'
//     '-- the spans have failed, and are counted <----'-- another answer, or attempts_max
//
// It has a thread of its own, with one message in flight. While the collector is slow or unavailable the queue fills,
// and drops: no worker waits. Results for single spans in a response's body (partialSuccess) are not read.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "fetch/message.hpp"
#include "runtime/worker.hpp"
#include "trace/limits.hpp"
#include "trace/span_queue.hpp"

namespace ferrotunnel::observe {

struct TraceTarget {
    fetch::Destination to;
    std::string path;           // with the query
    fetch::FieldList fields{};  // in addition to those of each message
    std::string service_name;
};

class TraceExporter {
public:
    /// The defaults are those of trace/limits.hpp; shorter ones are for tests.
    struct Times {
        Duration gather = trace::gather_time;
        Duration message = trace::message_time;
        Duration end = trace::end_time;
    };

    /// `log` must outlive this object. Until set() is called spans are dropped.
    TraceExporter(std::shared_ptr<trace::SpanQueue> queue, Logger& log)
        : TraceExporter(std::move(queue), log, Times()) {}
    TraceExporter(std::shared_ptr<trace::SpanQueue> queue, Logger& log, Times times);
    /// Sends the remaining spans, for at most `Times::end`.
    ~TraceExporter();
    TraceExporter(const TraceExporter&) = delete;
    TraceExporter& operator=(const TraceExporter&) = delete;

    /// Sends to another collector from now on, including waiting spans. Empty: spans are dropped. Thread-safe.
    void set(std::optional<TraceTarget> target);

private:
    class Core;

    const Times times_;
    runtime::Worker worker_;
    const std::shared_ptr<trace::SpanQueue> queue_;
    const std::unique_ptr<Core> core_;  // lives on the worker
};

}  // namespace ferrotunnel::observe
