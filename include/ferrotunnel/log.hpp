// Where log lines go. Without a sink the library logs nothing.
#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <string_view>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/log_level.hpp"

namespace ferrotunnel {

/// One line. Everything in it is valid during the call only. No secret is ever in it.
struct LogRecord {
    struct Field {
        std::string_view key;
        std::string_view value;
    };
    std::chrono::system_clock::time_point time;
    LogLevel level = LogLevel::info;
    std::string_view message;
    std::span<const Field> fields;
};

/// Called from the workers and from whoever calls the library, several at once: it must be safe for that. It must not
/// call the Client or Server that it belongs to; other threads may meanwhile. What it throws is dropped with the line.
using LogSink = std::function<void(const LogRecord&)>;

enum class LogFormat {
    text,  ///< for people: one line, in colour on a terminal
    json,  ///< for programs: one object a line with "ts" (RFC 3339, UTC), "level", "msg", and each field as a string
};

/// A sink that writes to the standard error stream. Whole lines at a time, flushed, from any thread.
FERROTUNNEL_EXPORT LogSink stderr_log(LogFormat format = LogFormat::text);

}  // namespace ferrotunnel
