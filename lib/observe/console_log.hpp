// Log lines on a stream of the process: for people (text) or for programs (JSON lines).
#pragma once

#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/log.hpp"

namespace ferrotunnel::observe {

struct LogPair {
    std::string_view key;
    std::string_view value;
};

/// Writes whole lines and flushes each. Any thread. It neither knows nor changes spdlog's global loggers.
class ConsoleLog {
public:
    enum class Format { text, json };

    /// `stream` must outlive it. Text is coloured if `stream` is a terminal that understands colours.
    explicit ConsoleLog(Format format, std::FILE* stream = stderr);
    ~ConsoleLog();
    ConsoleLog(const ConsoleLog&) = delete;
    ConsoleLog& operator=(const ConsoleLog&) = delete;

    void write(std::chrono::system_clock::time_point time, LogLevel level, std::string_view message,
               std::span<const LogPair> fields) noexcept;

private:
    struct Sink;
    std::unique_ptr<Sink> sink_;
    const Format format_;
};

/// The same as a Logger, for code inside the library.
class ConsoleLogger final : public Logger {
public:
    ConsoleLogger(ConsoleLog::Format format, LogLevel level, std::FILE* stream = stderr)
        : log_(format, stream), level_(level) {}

    bool enabled(LogLevel level) const noexcept override { return level >= level_ && level_ != LogLevel::off; }
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override;

private:
    ConsoleLog log_;
    const LogLevel level_;
};

}  // namespace ferrotunnel::observe
