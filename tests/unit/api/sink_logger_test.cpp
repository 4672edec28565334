#include "api/sink_logger.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
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

/// Remembers what it was given.
class SinkBook {
public:
    LogSink sink() {
        return [this](const LogRecord& record) {
            std::lock_guard lock(mutex_);
            lines_.push_back(text_of(record));
        };
    }
    Lines lines() const {
        std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    mutable std::mutex mutex_;
    Lines lines_;
};

// What was logged until the logger's end. Waits for as many lines as are expected before it ends the logger, since the
// end itself waits for a sink for a limited time only.
template <typename Action>
Lines lines_of(LogLevel level, std::size_t expected, Action action) {
    SinkBook book;
    {
        SinkLogger log(book.sink(), level);
        action(log);
        CHECK(test::eventually([&] { return book.lines().size() >= expected; }));
    }
    return book.lines();
}

// How many lines were left out: the sum of all lines that say so.
std::uint64_t suppressed(const Lines& lines) {
    constexpr std::string_view begin = "lines were left out kind=junk lines=";
    std::uint64_t count = 0;
    for (const std::string& line : lines) {
        if (line.compare(0, begin.size(), begin) == 0) {
            count += std::stoull(line.substr(begin.size()));
        }
    }
    return count;
}

}  // namespace

TEST_CASE("an application's sink gets lines of its level, in order and with fields", "[log]") {
    const Lines lines = lines_of(LogLevel::info, 2, [](Logger& log) {
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
    const Lines lines = lines_of(LogLevel::info, 2, [&](Logger& log) {
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
    SinkBook gaps;
    {
        SinkLogger log(
            [&, tell_gap = gaps.sink()](const LogRecord& record) {
                if (record.message == text) {
                    ++written;
                } else {
                    tell_gap(record);
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
        CHECK(test::eventually([&] { return !gaps.lines().empty(); }));  // the last thing that the sink is told
    }
    const int dropped = some + 1 - written;
    CHECK(dropped > 0);
    CHECK(static_cast<std::size_t>(written) * text.size() <= limits::log_waiting_bytes_max);
    CHECK(static_cast<std::size_t>(written) * text.size() >= limits::log_waiting_bytes_max / 2);
    const std::string count = std::to_string(dropped);
    CHECK(gaps.lines() == Lines{count + " lines were dropped: the log's reader was too slow lines=" + count});
}

TEST_CASE("a sink that waits for something else is told that the end has come", "[log][threads]") {
    std::optional<SinkLogger> log;
    std::promise<void> entered;
    bool told = false;
    log.emplace(
        [&](const LogRecord& record) {
            entered.set_value();
            while (!record.ending.stop_requested()) {
                std::this_thread::yield();
            }
            told = true;
        },
        LogLevel::info);
    log->info("never read");
    entered.get_future().wait();
    log.reset();
    CHECK(told);
}

TEST_CASE("what was left out is told when the second is over, without a further line", "[log][threads]") {
    SinkBook book;
    SinkLogger log(book.sink(), LogLevel::info);
    constexpr LogCategory kind{"junk", 2};
    const TimePoint now = Clock::now();
    for (int i = 0; i < 7; ++i) {
        if (log.may_write(LogLevel::info, kind, now)) {
            log.info("junk");
        }
    }
    // In one line, unless this thread has stood still for a second within the loop.
    CHECK(test::eventually([&] { return suppressed(book.lines()) == 5; }));
    const Lines lines = book.lines();
    CHECK(std::count(lines.begin(), lines.end(), "junk") == 2);
}

TEST_CASE("what was left out is told at the end, too", "[log]") {
    constexpr LogCategory kind{"junk", 1};
    const TimePoint give_up = Clock::now() + test::patience;
    std::optional<SinkBook> book;
    TimePoint began;
    do {  // when the end took all of its patience it did not wait for the line, which proves nothing
        REQUIRE(Clock::now() < give_up);
        book.emplace();
        std::optional<SinkLogger> log(std::in_place, book->sink(), LogLevel::warn);
        const TimePoint now = Clock::now();
        CHECK(log->may_write(LogLevel::warn, kind, now));
        CHECK_FALSE(log->may_write(LogLevel::warn, kind, now));
        began = Clock::now();
        log.reset();
    } while (Clock::now() - began >= limits::log_flush_timeout);
    CHECK(book->lines() == Lines{"lines were left out kind=junk lines=1"});
}

}  // namespace ferrotunnel::detail
