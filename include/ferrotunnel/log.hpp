// Where log lines go. Without a sink the library logs nothing.
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
    /// Stop is requested when the Client or Server is being destroyed and has waited a second for the lines that were
    /// left: a sink that waits for something else, such as a full disk or a reader, must give up then.
    std::stop_token ending{};
};

/// The application's function that takes log lines. It is called on a thread of its own, also with run_on: one line at
/// a time and in order. Nothing waits for a slow sink; when the waiting lines take more than 1 MiB, further ones are
/// dropped, and a line says how many. Destroying the Client or Server waits for what was logged, a second at most, and
/// for the call that is under way: whatever the sink uses must exist until then. Blocking calls of the same Client or
/// Server return errc::would_deadlock in the sink. What it throws is dropped with the line. A sink that several clients
/// or servers share is called by several threads at once.
using LogSink = std::function<void(const LogRecord&)>;

enum class LogFormat {
    text,  ///< for people: one line, in colour on a terminal
    json,  ///< for programs: one object a line with "ts" (RFC 3339, UTC), "level", "msg", and each field as a string
};

/// Returns a sink that writes to the standard error stream, whole lines at a time, unbuffered. Any thread may call the
/// sink. While nobody reads the stream it waits, and gives up when the record's `ending` says so.
FERROTUNNEL_EXPORT LogSink stderr_log(LogFormat format = LogFormat::text);

}  // namespace ferrotunnel
