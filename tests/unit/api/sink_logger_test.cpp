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
    SinkLogger log([&lines](const LogRecord& record) { lines.emplace_back(record.fields[0].value); }, LogLevel::info);
    log_thrown(log, "it has thrown", std::make_exception_ptr(std::runtime_error("no idea")));
    log_thrown(log, "it has thrown", std::make_exception_ptr(5));
    log_thrown(throwing, "it has thrown", std::make_exception_ptr(5));
    CHECK(lines == std::vector<std::string>{"no idea", "not a std::exception"});
}

}  // namespace ferrotunnel::detail
