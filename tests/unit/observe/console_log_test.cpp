#include "observe/console_log.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ferrotunnel::observe {
namespace {

// A file that the log writes to and the test reads.
class Capture {
public:
    std::FILE* stream() const { return file_.get(); }
    std::string text() const {
        std::string all;
        std::rewind(file_.get());
        for (int c = std::fgetc(file_.get()); c != EOF; c = std::fgetc(file_.get())) {
            all += static_cast<char>(c);
        }
        return all;
    }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::unique_ptr<std::FILE, Close> file_{std::tmpfile()};
};

const std::chrono::system_clock::time_point some_time{std::chrono::milliseconds(1'700'000'000'123)};

}  // namespace

TEST_CASE("JSON lines carry time in UTC, level, message and fields", "[log]") {
    Capture capture;
    ConsoleLog log(ConsoleLog::Format::json, capture.stream());
    const std::array<LogPair, 1> fields{{{"port", "22"}}};
    log.write(some_time, LogLevel::warn, "listening", fields);
    log.write(some_time, LogLevel::error, "over", {});
    CHECK(capture.text() ==
          "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warn\",\"msg\":\"listening\",\"port\":\"22\"}\n"
          "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"msg\":\"over\"}\n");
}

TEST_CASE("text lines have no colours in a file", "[log]") {
    Capture capture;
    ConsoleLog log(ConsoleLog::Format::text, capture.stream());
    log.write(some_time, LogLevel::info, "listening", {});
    const std::string text = capture.text();
    CHECK(text.substr(text.find(".123")) == ".123 info  listening\n");
    CHECK(text.find('\033') == std::string::npos);
}

TEST_CASE("the logger filters by level", "[log]") {
    Capture capture;
    ConsoleLogger logger(ConsoleLog::Format::json, LogLevel::warn, capture.stream());
    CHECK_FALSE(logger.enabled(LogLevel::info));
    CHECK(logger.enabled(LogLevel::warn));
    CHECK(logger.enabled(LogLevel::error));
    logger.info("unseen");
    logger.error("seen", {{"n", 7}, {"who", "me"}});
    const std::string text = capture.text();
    CHECK(text.find("unseen") == std::string::npos);
    CHECK(text.find(R"("level":"error","msg":"seen","n":"7","who":"me"})") != std::string::npos);

    ConsoleLogger off(ConsoleLog::Format::text, LogLevel::off, capture.stream());
    CHECK_FALSE(off.enabled(LogLevel::error));
}

TEST_CASE("lines of several threads stay whole", "[log]") {
    Capture capture;
    ConsoleLogger logger(ConsoleLog::Format::json, LogLevel::info, capture.stream());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&logger] {
            for (int i = 0; i < 200; ++i) {
                logger.info("a line that is long enough to be torn", {{"i", i}, {"end", "END"}});
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    const std::string text = capture.text();
    std::size_t lines = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t end = text.find('\n', at);
        REQUIRE(end != std::string::npos);
        const std::string line = text.substr(at, end - at);
        REQUIRE(line.rfind("{\"ts\":\"", 0) == 0);
        REQUIRE(line.find("{\"ts\":\"", 1) == std::string::npos);
        REQUIRE(line.substr(line.size() - 12) == R"("end":"END"})");
        at = end + 1;
        ++lines;
    }
    CHECK(lines == 800);
}

}  // namespace ferrotunnel::observe
