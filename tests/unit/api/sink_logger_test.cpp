#include "sink_logger.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "unit/api/end_to_end.hpp"

namespace ferrotunnel::detail {

namespace {

using Lines = std::vector<std::string>;

std::string text_of(const LogRecord& record) {
    std::string line(record.message);
    for (const LogRecord::Field& field : record.fields) {
        line += ' ' + std::string(field.key) + '=' + std::string(field.value);
    }
    return line;
}

// What was logged until the logger's end, which waits for the sink.
template <typename Action>
Lines lines_of(LogLevel level, Action action) {
    Lines lines;
    {
        SinkLogger log([&lines](const LogRecord& record) { lines.push_back(text_of(record)); }, level);
        action(log);
    }
    return lines;
}

}  // namespace

TEST_CASE("an application's sink gets lines of its level, in order and with fields", "[log]") {
    const Lines lines = lines_of(LogLevel::info, [](Logger& log) {
        log.debug("unseen");
        log.info("listening", {{"port", 22}, {"client", ""}});
        log.error("over");
        CHECK_FALSE(log.enabled(LogLevel::debug));
        CHECK(log.enabled(LogLevel::error));
    });
    CHECK(lines == Lines{"listening port=22", "over"});
}

TEST_CASE("without a sink nothing is enabled", "[log]") {
    SinkLogger log({}, LogLevel::trace);
    CHECK_FALSE(log.enabled(LogLevel::error));
    log.error("into the void");
}

TEST_CASE("what callbacks throw stays with them", "[log][event]") {
    SinkLogger throwing([](const LogRecord&) { throw std::runtime_error("disk full"); }, LogLevel::info);
    throwing.info("line");
    const Lines lines = lines_of(LogLevel::info, [&](Logger& log) {
        log_thrown(log, "it has thrown", std::make_exception_ptr(std::runtime_error("no idea")));
        log_thrown(log, "it has thrown", std::make_exception_ptr(5));
        log_thrown(throwing, "it has thrown", std::make_exception_ptr(5));
    });
    CHECK(lines == Lines{"it has thrown what=no idea", "it has thrown what=not a std::exception"});
}

TEST_CASE("limit: lines that wait for a slow sink, for which nobody waits", "[log][threads][limits]") {
    const std::string text(1'000, 'x');
    constexpr int some = 5'000;  // more than there is room for
    std::promise<void> entered;
    std::promise<void> released;
    bool first = true;
    int written = 0;
    Lines gaps;
    {
        SinkLogger log(
            [&](const LogRecord& record) {
                if (record.message == text) {
                    ++written;
                } else {
                    gaps.push_back(text_of(record));
                }
                if (std::exchange(first, false)) {
                    entered.set_value();
                    released.get_future().wait();
                }
            },
            LogLevel::error);
        log.error(text);
        entered.get_future().wait();
        for (int i = 0; i < some; ++i) {
            log.error(text);  // returns although the sink does not
        }
        released.set_value();
    }
    const int dropped = some + 1 - written;
    CHECK(dropped > 0);
    CHECK(static_cast<std::size_t>(written) * text.size() <= limits::log_waiting_bytes_max);
    CHECK(static_cast<std::size_t>(written) * text.size() >= limits::log_waiting_bytes_max / 2);
    const std::string count = std::to_string(dropped);
    CHECK(gaps == Lines{count + " lines were dropped: nobody took them from the log in time lines=" + count});
}

TEST_CASE("a sink that waits for something else is told that the end has come", "[log][threads]") {
    std::optional<SinkLogger> log;
    bool told = false;
    log.emplace(
        [&](const LogRecord& record) {
            while (!record.ending.stop_requested()) {
                std::this_thread::yield();
            }
            told = true;
        },
        LogLevel::info);
    log->info("never read");
    log.reset();
    CHECK(told);
}

TEST_CASE("what was left out is told when the second is over, without a further line", "[log][threads]") {
    std::mutex mutex;
    Lines lines;
    SinkLogger log(
        [&](const LogRecord& record) {
            std::lock_guard lock(mutex);
            lines.push_back(text_of(record));
        },
        LogLevel::info);
    constexpr LineKind kind{"junk", 2};
    const TimePoint now = Clock::now();
    for (int i = 0; i < 7; ++i) {
        if (log.may_write(LogLevel::info, kind, now)) {
            log.info("junk");
        }
    }
    CHECK(test::eventually([&] {
        std::lock_guard lock(mutex);
        return lines == Lines{"junk", "junk", "lines were left out kind=junk lines=5"};
    }));
}

TEST_CASE("what was left out is told at the end, too", "[log]") {
    const Lines lines = lines_of(LogLevel::warn, [](Logger& log) {
        constexpr LineKind kind{"junk", 1};
        const TimePoint now = Clock::now();
        CHECK(log.may_write(LogLevel::warn, kind, now));
        CHECK_FALSE(log.may_write(LogLevel::warn, kind, now));
    });
    CHECK(lines == Lines{"lines were left out kind=junk lines=1"});
}

}  // namespace ferrotunnel::detail
