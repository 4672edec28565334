#include "base/log_limiter.hpp"

#include <catch2/catch.hpp>

#include "support/recording_logger.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;

namespace {

constexpr LogCategory few{"few", 3};
constexpr LogCategory usual{"usual"};

class WarnLog final : public Logger {
public:
    bool enabled(LogLevel level) const noexcept override { return level >= LogLevel::warn; }
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) noexcept override { ++lines; }
    int lines = 0;
};

}  // namespace

TEST_CASE("limit: lines of a kind in a second", "[log][limits]") {
    test::RecordingLogger log;
    TimePoint now = TimePoint{} + 1h;
    for (std::uint32_t line = 0; line < limits::log_lines_per_second; ++line) {
        REQUIRE(log.may_write(LogLevel::info, usual, now));
    }
    for (int line = 0; line < 999; ++line) {
        REQUIRE_FALSE(log.may_write(LogLevel::info, usual, now += 1ms));
    }
    CHECK(log.count("") == 0);
    CHECK(log.may_write(LogLevel::info, usual, now += 1ms));
    CHECK(log.count("lines were left out kind=usual lines=999") == 1);
    log.report_suppressed();
    CHECK(log.count("") == 1);  // it was told already
}

TEST_CASE("each kind of line has its own count", "[log]") {
    test::RecordingLogger log;
    const TimePoint now = TimePoint{} + 1h;
    for (int line = 0; line < 10; ++line) {
        CHECK(log.may_write(LogLevel::warn, few, now) == (line < 3));
    }
    CHECK(log.may_write(LogLevel::warn, usual, now));
    log.report_suppressed();
    CHECK(log.count("lines were left out kind=few lines=7") == 1);
    CHECK(log.count("") == 1);
}

TEST_CASE("where the level is off, a line costs none of its kind", "[log]") {
    WarnLog log;
    const TimePoint now = TimePoint{} + 1h;
    for (int line = 0; line < 10; ++line) {
        CHECK_FALSE(log.may_write(LogLevel::info, few, now));
    }
    CHECK(log.may_write(LogLevel::warn, few, now));
    CHECK(log.lines == 0);
}
