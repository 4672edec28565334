#include "observe/console_log.hpp"

#include <spdlog/details/log_msg.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>

#include <unistd.h>

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

// One lock for the whole process and for all such sinks: they may share a stream.
struct StreamMutex {
    using mutex_t = std::mutex;
    static mutex_t& mutex() {
        static mutex_t one;
        return one;
    }
};

class FileSink final : public spdlog::sinks::ansicolor_sink<StreamMutex> {
public:
    explicit FileSink(std::FILE* stream)
        : spdlog::sinks::ansicolor_sink<StreamMutex>(stream, spdlog::color_mode::automatic) {}
};

// Text is in local time, for people; JSON in UTC, so that "Z" is true.
std::unique_ptr<spdlog::formatter> formatter_for(ConsoleLog::Format format) {
    if (format == ConsoleLog::Format::text) {
        return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%d %H:%M:%S.%e %^%-5!n%$ %v");
    }
    return std::make_unique<spdlog::pattern_formatter>("{\"ts\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%n\"%v",
                                                       spdlog::pattern_time_type::utc);
}

}  // namespace

struct ConsoleLog::Sink {
    explicit Sink(std::FILE* stream) : file(stream) {}
    FileSink file;
};

ConsoleLog::ConsoleLog(Format format, std::FILE* stream) : sink_(std::make_unique<Sink>(stream)), format_(format) {
    sink_->file.set_formatter(formatter_for(format));
    if (format == Format::json) {
        sink_->file.set_color_mode(spdlog::color_mode::never);
    }
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
