#include "observe/console_log.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <ctime>

#include "base/iso_time.hpp"
#include "base/mutex.hpp"
#include "observe/log_line.hpp"

namespace ferrotunnel::observe {
namespace {

// How soon, at the end, a line without a reader is given up.
constexpr std::chrono::milliseconds check_interval{50};

// The names for --log-level.
std::string_view name_of(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return "trace";
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warn:
            return "warn";
        case LogLevel::error:
            return "error";
        case LogLevel::off:
            return "off";
    }
    return "info";
}

std::string_view colour_of(LogLevel level) {
    switch (level) {
        case LogLevel::warn:
            return "\033[33m\033[1m";
        case LogLevel::error:
            return "\033[31m\033[1m";
        case LogLevel::info:
            return "\033[32m";
        default:
            return "\033[36m";
    }
}

// Writes all of `text`. The descriptor stays blocking, since its flags are shared with the shell that started us. A
// pipe that is ready accepts PIPE_BUF bytes without waiting.
void write_all(int descriptor, std::string_view text, const std::stop_token& ending) {
    constexpr std::size_t piece_bytes_max = PIPE_BUF;
    while (!text.empty()) {
        pollfd wanted{descriptor, POLLOUT, 0};
        if (::poll(&wanted, 1, static_cast<int>(check_interval.count())) >
            0) {  // ready may also mean broken: the write then reports it
            const ssize_t written = ::write(descriptor, text.data(), std::min(text.size(), piece_bytes_max));
            if (written < 0 && errno != EINTR && errno != EAGAIN) {
                return;
            }
            text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
        } else if (ending.stop_requested()) {
            return;
        }
    }
}

// The start of a line. Text lines have local time, for people; JSON lines have UTC, so that their "Z" is true.
std::string text_head(std::chrono::system_clock::time_point time, LogLevel level, bool colours) {
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const std::time_t seconds = std::chrono::system_clock::to_time_t(whole);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
    const std::string when =
        fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                    parts.tm_hour, parts.tm_min, parts.tm_sec, millis);
    return colours ? fmt::format("{} {}{:<5}\033[m ", when, colour_of(level), name_of(level))
                   : fmt::format("{} {:<5} ", when, name_of(level));
}

std::string json_head(std::chrono::system_clock::time_point time, LogLevel level) {
    std::string head = R"({"ts":")";
    append_iso_time(head, time);
    head.append(R"(","level":")").append(name_of(level)) += '"';
    return head;
}

// Any value of NO_COLOR disables colours (https://no-color.org).
bool wants_colours(int descriptor) {
    const auto variable = [](const char* name) {
        const char* const value = std::getenv(name);
        return std::string_view(value != nullptr ? value : "");
    };
    const std::string_view terminal = variable("TERM");
    return ::isatty(descriptor) == 1 && !terminal.empty() && terminal != "dumb" && variable("NO_COLOR").empty();
}

}  // namespace

struct ConsoleLog::Stream {
    Stream(std::FILE* stream, Format format)
        : descriptor(::fileno(stream)), colours(format == Format::text && wants_colours(descriptor)) {}

    const int descriptor;
    const bool colours;
    Mutex mutex;
    ConditionVariable free;
    bool busy GUARDED_BY(mutex) = false;  // writing a line
};

// The right to write a line. Waiting for it also ends when `ending` is requested to stop.
class ConsoleLog::Turn {
public:
    Turn(Stream& stream, const std::stop_token& ending) : stream_(stream) {
        ReleasableLock lock(stream_.mutex);
        while (
            !stream_.free.wait_for(lock, check_interval, [this]() REQUIRES(stream_.mutex) { return !stream_.busy; })) {
            if (ending.stop_requested()) {
                return;
            }
        }
        stream_.busy = has_it_ = true;
    }
    ~Turn() {
        if (has_it_) {
            const MutexLock lock(stream_.mutex);
            stream_.busy = false;
            stream_.free.notify_one();
        }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const noexcept { return has_it_; }

private:
    Stream& stream_;
    bool has_it_ = false;
};

ConsoleLog::ConsoleLog(Format format, std::FILE* stream)
    : stream_(std::make_unique<Stream>(stream, format)), format_(format) {}

ConsoleLog::~ConsoleLog() = default;

void ConsoleLog::write(std::chrono::system_clock::time_point time, LogLevel level, std::string_view message,
                       std::span<const LogPair> fields, const std::stop_token& ending) noexcept {
    try {
        std::string line = format_ == Format::text
                               ? text_head(time, level, stream_->colours) + text_line(message, fields)
                               : json_head(time, level) + json_rest(message, fields);
        line += '\n';
        if (const Turn turn(*stream_, ending); turn) {
            write_all(stream_->descriptor, line, ending);
        }
    } catch (...) {  // a line that cannot be written is not a reason to stop
    }
}

}  // namespace ferrotunnel::observe
