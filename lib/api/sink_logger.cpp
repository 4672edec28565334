#include "api/sink_logger.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

#include "base/limits.hpp"

namespace ferrotunnel::detail {

namespace {

constexpr auto suppressed_report_delay = std::chrono::seconds(1);

}  // namespace

SinkLogger::SinkLogger(LogSink sink, LogLevel level)
    : sink_(std::move(sink)),
      level_(sink_ ? level : LogLevel::off),
      lines_(CalledBy::own_thread, limits::log_waiting_bytes_max,
             {[this](Item& item) { take(item); }, [this](std::uint64_t lines) { report_dropped(lines); }}) {}

void SinkLogger::finish() noexcept {
    sink_keeps_up_ = sink_keeps_up_ && lines_.wait_until_delivered(limits::log_flush_timeout);
}

void SinkLogger::write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept {
    if (!enabled(level)) {
        return;
    }
    try {
        Line line{std::chrono::system_clock::now(), level, std::string(message), {}};
        line.fields.reserve(fields.size());
        for (const LogField& field : fields) {
            if (!field.value.empty()) {  // an empty value means unknown: a client without a name
                line.fields.emplace_back(field.key, field.value);
            }
        }
        const std::size_t cost = cost_of(line);
        lines_.put(std::move(line), cost);
    } catch (...) {  // a line that cannot be written is not a reason to stop
    }
}

void SinkLogger::on_suppressed() noexcept {
    if (report_pending_.exchange(true)) {
        return;
    }
    try {
        lines_.put_later(ReportSuppressed{}, Clock::now() + suppressed_report_delay);
    } catch (...) {  // the next line of that kind reports it
        report_pending_ = false;
    }
}

// Approximate memory of a line, with the allocator's overhead for each piece.
std::size_t SinkLogger::cost_of(const Line& line) noexcept {
    constexpr std::size_t of_allocator = 16;
    std::size_t cost = sizeof(Item) + 2 * of_allocator + line.message.capacity() +
                       line.fields.capacity() * sizeof(std::pair<std::string, std::string>);
    for (const auto& [key, value] : line.fields) {
        cost += key.capacity() + value.capacity() + 2 * of_allocator;
    }
    return cost;
}

void SinkLogger::take(Item& item) noexcept {
    if (const Line* line = std::get_if<Line>(&item)) {
        forward(*line);
    } else {
        report_pending_ = false;
        report_suppressed();
    }
}

void SinkLogger::forward(const Line& line) noexcept {
    try {
        std::vector<LogRecord::Field> views;
        views.reserve(line.fields.size());
        for (const auto& [key, value] : line.fields) {
            views.push_back({key, value});
        }
        sink_({line.time, line.level, line.message, views, lines_.ending()});
    } catch (...) {  // as above
    }
}

void SinkLogger::report_dropped(std::uint64_t lines) noexcept {
    try {
        const LogLevel level = std::max(level_.load(std::memory_order_relaxed), LogLevel::warn);
        forward({std::chrono::system_clock::now(),
                 level,
                 std::to_string(lines) + " lines were dropped: the log's reader was too slow",
                 {{"lines", std::to_string(lines)}}});
    } catch (...) {  // as above
    }
}

void log_thrown(Logger& log, std::string_view what, const std::exception_ptr& thrown) noexcept {
    try {
        std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
        log.error(what, {{"what", error.what()}});
    } catch (...) {
        log.error(what, {{"what", "not a std::exception"}});
    }
}

}  // namespace ferrotunnel::detail
