#include "observe/console_log.hpp"

#include <spdlog/details/log_msg.h>
#include <spdlog/details/os.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>

#include <mutex>
#include <vector>

#include "observe/log_line.hpp"

namespace ferrotunnel::observe {
namespace {

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

// spdlog calls them "warning" and "err" in full; ours are the names that --log-level takes.
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

// spdlog's own sink with colours is for stdout and stderr only. base_sink holds the lock.
class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    FileSink(std::FILE* stream, bool colours) : stream_(stream), colours_(colours) {}

private:
    void sink_it_(const spdlog::details::log_msg& record) override {
        spdlog::memory_buf_t line;
        formatter_->format(record, line);
        const std::string_view text(line.data(), line.size());
        if (!colours_ || record.color_range_end <= record.color_range_start) {
            put(text);
            return;
        }
        put(text.substr(0, record.color_range_start));
        put(colour_of(record.level));
        put(text.substr(record.color_range_start, record.color_range_end - record.color_range_start));
        put("\033[m");
        put(text.substr(record.color_range_end));
    }
    void flush_() override { std::fflush(stream_); }

    void put(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stream_); }

    static std::string_view colour_of(spdlog::level::level_enum level) {
        switch (level) {
            case spdlog::level::warn:
                return "\033[33m\033[1m";
            case spdlog::level::err:
                return "\033[31m\033[1m";
            case spdlog::level::info:
                return "\033[32m";
            default:
                return "\033[36m";
        }
    }

    std::FILE* const stream_;
    const bool colours_;
};

// Text is in local time, for people; JSON in UTC, so that "Z" is true.
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

struct ConsoleLog::Sink {
    Sink(std::FILE* stream, bool colours) : file(stream, colours) {}
    FileSink file;
};

ConsoleLog::ConsoleLog(Format format, std::FILE* stream)
    : sink_(std::make_unique<Sink>(stream, format == Format::text && wants_colours(stream))), format_(format) {
    sink_->file.set_formatter(formatter_for(format));
}

ConsoleLog::~ConsoleLog() = default;

void ConsoleLog::write(std::chrono::system_clock::time_point time, LogLevel level, std::string_view message,
                       std::span<const LogPair> fields) noexcept {
    try {
        const std::string line = format_ == Format::text ? text_line(message, fields) : json_rest(message, fields);
        const std::string_view name = name_of(level);
        // The logger's name (%n) carries our name of the level.
        spdlog::details::log_msg record(time, {}, {name.data(), name.size()}, level_of(level), line);
        sink_->file.log(record);
        sink_->file.flush();
    } catch (...) {  // a line that can not be written is no reason to stop
    }
}

void ConsoleLogger::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept {
    if (!enabled(level)) {
        return;
    }
    try {
        std::vector<LogPair> pairs;
        pairs.reserve(fields.size());
        for (const LogField& field : fields) {
            pairs.push_back({field.key, field.value});
        }
        log_.write(std::chrono::system_clock::now(), level, message, pairs);
    } catch (...) {  // as above
    }
}

}  // namespace ferrotunnel::observe
