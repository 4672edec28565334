// Log lines on a stream of the process, either for people (text) or for programs (JSON lines).
#pragma once

#include <chrono>
#include <cstdio>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "ferrotunnel/log_level.hpp"

namespace ferrotunnel::observe {

struct LogPair {
    std::string_view key;
    std::string_view value;
};

/// Writes whole lines, bypassing the stream's own buffer. Thread-safe.
class ConsoleLog {
public:
    enum class Format { text, json };

    /// `stream` must outlive this object. Text is coloured if `stream` is a terminal, unless $TERM is empty or "dumb"
    /// or $NO_COLOR is set.
    explicit ConsoleLog(Format format, std::FILE* stream = stderr);
    ~ConsoleLog();
    ConsoleLog(const ConsoleLog&) = delete;
    ConsoleLog& operator=(const ConsoleLog&) = delete;

    /// Writes a line. If the stream has no reader, it waits until `ending` is requested to stop.
    void write(std::chrono::system_clock::time_point time, LogLevel level, std::string_view message,
               std::span<const LogPair> fields, const std::stop_token& ending) noexcept;

private:
    struct Stream;
    class Turn;
    const std::unique_ptr<Stream> stream_;
    const Format format_;
};

}  // namespace ferrotunnel::observe
