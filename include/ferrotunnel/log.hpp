// Log records and sinks. Without a sink the library logs nothing.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <stop_token>
#include <string_view>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/log_level.hpp"

namespace ferrotunnel {

/// One log line. Everything in it is valid only during the sink's call. No secret is ever in it.
struct LogRecord {
    struct Field {
        std::string_view key;
        std::string_view value;
    };
    std::chrono::system_clock::time_point time;
    LogLevel level = LogLevel::info;
    std::string_view message;
    std::span<const Field> fields;
    /// Stop is requested when the Client or Server is being destroyed and has waited a second for the remaining lines:
    /// a sink that waits for something else, such as a full disk or a reader, must then give up.
    std::stop_token ending{};
};

/// The application's function for log lines. It is called on a thread of its own, also with run_on: one line at a time
/// and in order. Nothing waits for a slow sink; when the waiting lines exceed 1 MiB, further ones are dropped, and a
/// line reports how many. Destroying the Client or Server waits up to a second for the remaining lines, and for a
/// running call: everything that the sink uses must exist until then. Blocking calls of the same Client or Server
/// return errc::would_deadlock in the sink. If it throws, the line is lost. A sink shared by several clients or servers
/// is called by several threads at once.
using LogSink = std::function<void(const LogRecord&)>;

enum class LogFormat {
    text,  ///< for people: one line, in colour on a terminal
    json,  ///< for programs: one object a line with "ts" (RFC 3339, UTC), "level", "msg", and each field as a string
};

/// Returns a sink that writes to the standard error stream, whole lines at a time, unbuffered. Any thread may call the
/// sink. While the stream is not read, the sink waits, and gives up when a stop is requested through the record's
/// `ending`.
FERROTUNNEL_EXPORT LogSink stderr_log(LogFormat format = LogFormat::text);

}  // namespace ferrotunnel
