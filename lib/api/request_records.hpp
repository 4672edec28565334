// Records of a server's requests: the access log, and the spans of traces.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "access/lanes.hpp"
#include "access/output.hpp"
#include "base/log.hpp"
#include "base/mutex.hpp"
#include "observe/access_file.hpp"
#include "observe/trace_exporter.hpp"
#include "settings/settings.hpp"
#include "trace/output.hpp"

namespace ferrotunnel::detail {

/// The access log: created with its first sink, and kept without one. Its functions are called by one thread at a time.
class AccessLogWriter {
public:
    AccessLogWriter(std::size_t workers, Logger& log) noexcept : workers_(workers), log_(log) {}

    /// Opens the log of the settings, if any. `what`: the failed step.
    std::error_code open(const ServerSettings& settings, std::string& what);
    void write_to(observe::AccessSink sink);
    /// Opens the file again by its name.
    void reopen();
    /// The sink for the edge's lines.
    access::Output output(const ServerSettings& settings) const;
    /// Writes the remaining lines, and ends. No request may be left that could write a line.
    void stop() { file_.reset(); }

private:
    const std::size_t workers_;
    Logger& log_;
    std::shared_ptr<access::Lanes> lanes_;
    std::unique_ptr<observe::AccessFile> file_;
};

/// The spans of requests: created with the first collector. The queue stays while traces are off: it has the counts,
/// and requests in progress add their spans to it.
class SpanSender {
public:
    explicit SpanSender(Logger& log) noexcept : log_(log) {}

    /// Like AccessLogWriter::open. Called by one thread at a time, like send_to() and output().
    std::error_code open(const ServerSettings& settings, std::string& what);
    /// Empty: spans are dropped.
    void send_to(std::optional<observe::TraceTarget> target);
    /// The sink for the edge's spans.
    trace::Output output(const ServerSettings& settings) const;
    /// Zeros before the first trace. Thread-safe.
    trace::SpanCounts counts() const;
    /// Sends the remaining spans, and ends. No request may be left that has spans.
    void stop() { exporter_.reset(); }

private:
    std::shared_ptr<trace::SpanQueue> spans() const;

    Logger& log_;
    mutable Mutex mutex_;
    std::shared_ptr<trace::SpanQueue> spans_ GUARDED_BY(mutex_);
    std::unique_ptr<observe::TraceExporter> exporter_;
};

}  // namespace ferrotunnel::detail
