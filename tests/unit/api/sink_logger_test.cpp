#include "sink_logger.hpp"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace ferrotunnel::detail {

TEST_CASE("an application's sink gets lines of its level, with fields", "[log]") {
    std::vector<std::string> lines;
    SinkLogger log(
        [&lines](const LogRecord& record) {
            std::string line(record.message);
            for (const LogRecord::Field& field : record.fields) {
                line += ' ' + std::string(field.key) + '=' + std::string(field.value);
            }
            lines.push_back(line);
        },
        LogLevel::info);
    log.debug("unseen");
    log.info("listening", {{"port", 22}});
    log.error("over");
    CHECK(lines == std::vector<std::string>{"listening port=22", "over"});
    CHECK_FALSE(log.enabled(LogLevel::debug));
    CHECK(log.enabled(LogLevel::error));
}

TEST_CASE("without a sink nothing is enabled", "[log]") {
    SinkLogger log({}, LogLevel::trace);
    CHECK_FALSE(log.enabled(LogLevel::error));
    log.error("into the void");
}

TEST_CASE("what callbacks throw stays with them", "[log][event]") {
    SinkLogger throwing([](const LogRecord&) { throw std::runtime_error("disk full"); }, LogLevel::info);
    throwing.info("line");

    std::vector<std::string> lines;
    SinkLogger log([&lines](const LogRecord& record) { lines.emplace_back(record.fields[1].value); }, LogLevel::info);
    Event event;
    event.kind = Event::Kind::lost;
    emit([](const Event&) { throw std::runtime_error("no idea"); }, event, log);
    CHECK(lines == std::vector<std::string>{"no idea"});
    emit([](const Event&) { throw 5; }, event, throwing);
    emit({}, event, log);
    int calls = 0;
    emit([&calls](const Event&) { ++calls; }, event, log);
    CHECK(calls == 1);
}

}  // namespace ferrotunnel::detail
