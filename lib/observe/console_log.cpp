#include "observe/console_log.hpp"

#include <poll.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/details/os.h>
#include <spdlog/pattern_formatter.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <mutex>

#include "observe/log_line.hpp"

namespace ferrotunnel::observe {
namespace {

// How soon, at the end, a line that nobody reads is given up.
constexpr std::chrono::milliseconds look_every{50};

spdlog::level::level_enum level_of(LogLevel level) {
    switch (level) {
        case LogLevel::trace:
            return spdlog::level::trace;
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
        case LogLevel::off:
            return spdlog::level::off;
    }
    return spdlog::level::info;
}

// Our names are those that --log-level takes; spdlog writes "warning" and "err".
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
// pipe that is ready takes PIPE_BUF bytes without waiting.
void write_all(int descriptor, std::string_view text, const std::stop_token& ending) {
    constexpr std::size_t piece_bytes_max = PIPE_BUF;
    while (!text.empty()) {
        pollfd wanted{descriptor, POLLOUT, 0};
        if (::poll(&wanted, 1, static_cast<int>(look_every.count())) >
            0) {  // ready also means broken: the write then says so
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

// Text lines have local time, for people; JSON lines have UTC, so that their "Z" is true.
std::unique_ptr<spdlog::formatter> formatter_for(ConsoleLog::Format format) {
    if (format == ConsoleLog::Format::text) {
        return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%d %H:%M:%S.%e %^%-5!n%$ %v");
    }
    return std::make_unique<spdlog::pattern_formatter>("{\"ts\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%n\"%v",
                                                       spdlog::pattern_time_type::utc);
}

bool wants_colours(std::FILE* stream) {
    return spdlog::details::os::in_terminal(stream) && spdlog::details::os::is_color_terminal();
}

}  // namespace

struct ConsoleLog::Stream {
    Stream(std::FILE* stream, Format format)
        : descriptor(::fileno(stream)),
          colours(format == Format::text && wants_colours(stream)),
          formatter(formatter_for(format)) {}

    std::string formatted(const spdlog::details::log_msg& record, LogLevel level);

    const int descriptor;
    const bool colours;
    std::mutex mutex;
    std::condition_variable free;
    bool busy = false;  // writing a line; also guards the formatter
    const std::unique_ptr<spdlog::formatter> formatter;
};

// The right to write a line. Waiting for it also ends when `ending` is asked to stop.
class ConsoleLog::Turn {
public:
    Turn(Stream& stream, const std::stop_token& ending) : stream_(stream) {
        std::unique_lock lock(stream_.mutex);
        while (!stream_.free.wait_for(lock, look_every, [this] { return !stream_.busy; })) {
            if (ending.stop_requested()) {
                return;
            }
        }
        stream_.busy = has_it_ = true;
    }
    ~Turn() {
        if (has_it_) {
            std::lock_guard lock(stream_.mutex);
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

std::string ConsoleLog::Stream::formatted(const spdlog::details::log_msg& record, LogLevel level) {
    spdlog::memory_buf_t line;
    formatter->format(record, line);
    const std::string_view text(line.data(), line.size());
    if (!colours || record.color_range_end <= record.color_range_start) {
        return std::string(text);
    }
    std::string coloured(text.substr(0, record.color_range_start));
    coloured += colour_of(level);
    coloured += text.substr(record.color_range_start, record.color_range_end - record.color_range_start);
    coloured += "\033[m";
    coloured += text.substr(record.color_range_end);
    return coloured;
}

ConsoleLog::ConsoleLog(Format format, std::FILE* stream)
    : stream_(std::make_unique<Stream>(stream, format)), format_(format) {}

ConsoleLog::~ConsoleLog() = default;

void ConsoleLog::write(std::chrono::system_clock::time_point time, LogLevel level, std::string_view message,
                       std::span<const LogPair> fields, const std::stop_token& ending) noexcept {
    try {
        const std::string rest = format_ == Format::text ? text_line(message, fields) : json_rest(message, fields);
        const std::string_view name = name_of(level);
        // The logger's name (%n) carries our name of the level.
        const spdlog::details::log_msg record(time, {}, {name.data(), name.size()}, level_of(level), rest);
        if (const Turn turn(*stream_, ending); turn) {
            write_all(stream_->descriptor, stream_->formatted(record, level), ending);
        }
    } catch (...) {  // a line that cannot be written is no reason to stop
    }
}

}  // namespace ferrotunnel::observe
