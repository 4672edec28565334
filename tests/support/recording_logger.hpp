// A log that tests can inspect.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"

namespace ferrotunnel::test {

/// Remembers what was logged.
class RecordingLogger final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
        std::string line(message);
        for (const LogField& field : fields) {
            line += " " + std::string(field.key) + "=" + field.value;
        }
        {
            std::lock_guard lock(mutex_);
            lines_.push_back(std::move(line));
        }
        if (on_line) {
            on_line();
        }
    }
    /// Reports what was suppressed, as a log with a clock does when a second is over in which lines were suppressed.
    void report_suppressed() noexcept { Logger::report_suppressed(); }
    int count(std::string_view part) const {
        std::lock_guard lock(mutex_);
        return static_cast<int>(std::count_if(lines_.begin(), lines_.end(), [part](const std::string& line) {
            return line.find(part) != std::string::npos;
        }));
    }

    /// All lines, with their ends.
    std::string text() const {
        std::lock_guard lock(mutex_);
        std::string all;
        for (const std::string& line : lines_) {
            all += line + '\n';
        }
        return all;
    }

    /// How many lines of that kind were suppressed: the sum of all lines that say so.
    std::uint64_t suppressed(std::string_view kind) const {
        const std::string begin = "lines were left out kind=" + std::string(kind) + " lines=";
        std::lock_guard lock(mutex_);
        std::uint64_t lines = 0;
        for (const std::string& line : lines_) {
            if (line.compare(0, begin.size(), begin) == 0) {
                lines += std::stoull(line.substr(begin.size()));
            }
        }
        return lines;
    }

    std::function<void()> on_line;  // set before there are visitors

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

}  // namespace ferrotunnel::test
