#include "observe/console_log.hpp"

#include <pty.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <stop_token>
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

// What a variable is while the test runs; nullptr: not there.
class Variable {
public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* const before = std::getenv(name); before != nullptr) {
            before_ = before;
        }
        set(value);
    }
    ~Variable() { set(before_ ? before_->c_str() : nullptr); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    void set(const char* value) {
        if (value != nullptr) {
            ::setenv(name_, value, 1);
        } else {
            ::unsetenv(name_);
        }
        ::tzset();
    }

    const char* const name_;
    std::optional<std::string> before_;
};

// What a terminal is shown of a line.
std::string on_a_terminal(LogLevel level) {
    int screen = -1;
    int terminal = -1;
    REQUIRE(::openpty(&screen, &terminal, nullptr, nullptr, nullptr) == 0);
    std::FILE* const stream = ::fdopen(terminal, "w");
    ConsoleLog(ConsoleLog::Format::text, stream).write(some_time, level, "listening", {}, {});
    std::array<char, 512> shown{};
    const ssize_t size = ::read(screen, shown.data(), shown.size());
    std::fclose(stream);
    ::close(screen);
    return {shown.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
}

}  // namespace

TEST_CASE("JSON lines carry time in UTC, level, message and fields", "[log]") {
    Capture capture;
    ConsoleLog log(ConsoleLog::Format::json, capture.stream());
    const std::array<LogPair, 1> fields{{{"port", "22"}}};
    log.write(some_time, LogLevel::warn, "listening", fields, {});
    log.write(some_time, LogLevel::error, "over", {}, {});
    CHECK(capture.text() ==
          "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"warn\",\"msg\":\"listening\",\"port\":\"22\"}\n"
          "{\"ts\":\"2023-11-14T22:13:20.123Z\",\"level\":\"error\",\"msg\":\"over\"}\n");
}

TEST_CASE("text lines have local time, and no colours in a file", "[log]") {
    const Variable zone("TZ", "XXX-5:30");  // half past five hours ahead of UTC
    Capture capture;
    ConsoleLog log(ConsoleLog::Format::text, capture.stream());
    log.write(some_time, LogLevel::info, "listening", {}, {});
    CHECK(capture.text() == "2023-11-15 03:43:20.123 info  listening\n");
}

TEST_CASE("a terminal's lines have colours, unless it is dumb or nobody wants them", "[log]") {
    const Variable zone("TZ", "UTC0");
    const Variable terminal("TERM", "xterm");
    {
        const Variable colours("NO_COLOR", nullptr);
        CHECK(on_a_terminal(LogLevel::info) == "2023-11-14 22:13:20.123 \033[32minfo \033[m listening\r\n");
        CHECK(on_a_terminal(LogLevel::error) == "2023-11-14 22:13:20.123 \033[31m\033[1merror\033[m listening\r\n");
        const Variable dumb("TERM", "dumb");
        CHECK(on_a_terminal(LogLevel::info) == "2023-11-14 22:13:20.123 info  listening\r\n");
    }
    const Variable colours("NO_COLOR", "1");
    CHECK(on_a_terminal(LogLevel::info) == "2023-11-14 22:13:20.123 info  listening\r\n");
}

TEST_CASE("lines of several threads stay whole", "[log]") {
    Capture capture;
    ConsoleLog log(ConsoleLog::Format::json, capture.stream());
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&log] {
            for (int i = 0; i < 200; ++i) {
                const std::string number = std::to_string(i);
                const std::array<LogPair, 2> fields{{{"i", number}, {"end", "END"}}};
                log.write(some_time, LogLevel::info, "a line that is long enough to be torn", fields, {});
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

namespace {

// A pipe that nobody reads yet.
class Unread {
public:
    Unread() {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        reader_ = ends[0];
        writer_.reset(::fdopen(ends[1], "w"));
    }
    ~Unread() { ::close(reader_); }
    Unread(const Unread&) = delete;
    Unread& operator=(const Unread&) = delete;

    std::FILE* stream() const { return writer_.get(); }
    void end() { writer_.reset(); }
    std::string read_all() const {
        std::string all;
        std::array<char, 4096> piece{};
        for (ssize_t n = 1; n > 0;) {
            n = ::read(reader_, piece.data(), piece.size());
            all.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        }
        return all;
    }

private:
    struct Close {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    int reader_ = -1;
    std::unique_ptr<std::FILE, Close> writer_;
};

}  // namespace

TEST_CASE("whoever writes to a stream that nobody reads can be told to give up", "[log]") {
    Unread unread;
    ConsoleLog log(ConsoleLog::Format::text, unread.stream());
    const std::string long_line(1'000'000, 'x');  // more than a pipe takes
    std::stop_source ending;
    std::vector<std::thread> stuck;
    for (int i = 0; i < 2; ++i) {  // one is stuck with its line, the other before it
        stuck.emplace_back([&] { log.write(some_time, LogLevel::info, long_line, {}, ending.get_token()); });
    }
    ending.request_stop();
    for (std::thread& thread : stuck) {
        thread.join();
    }
}

TEST_CASE("a line waits for its reader and is whole", "[log]") {
    Unread unread;
    ConsoleLog log(ConsoleLog::Format::text, unread.stream());
    const std::string long_line(1'000'000, 'x');
    std::thread writer([&] {
        log.write(some_time, LogLevel::info, long_line, {}, {});
        log.write(some_time, LogLevel::info, "short", {}, {});
        unread.end();
    });
    const std::string text = unread.read_all();
    writer.join();
    CHECK(text.find(long_line + '\n') != std::string::npos);
    CHECK(text.substr(text.size() - 7) == " short\n");
}

}  // namespace ferrotunnel::observe
