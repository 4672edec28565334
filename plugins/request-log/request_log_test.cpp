// Tests the plugin `request-log` on a real chain: its lines, its file, and missing readers.
#include "request-log/request_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <vector>

#include "support/count_allocations.hpp"
#include "support/eventually.hpp"
#include "unit/plugin/chain_of_one.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::plugins;
using namespace std::chrono_literals;
using test::TestFolder;
using RequestLogFixture = test::ChainOfOne<RequestLog>;

namespace {

std::string file_text(const std::string& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// One exchange from its request to its end.
void pass_exchange(RequestLogFixture& rig, const std::string& start = "GET /a?b=c", const std::string& fields = "") {
    rig.begin(start, fields);
    CHECK(rig.ask() == hooks::Step::go_on);
    rig.run->close({200, true, 3, 1'234, 56ms});
    rig.run.reset();
}

/// The line of one exchange.
std::string line_of(const std::string& settings, const std::string& start = "GET /a?b=c",
                    const std::string& fields = "") {
    const TestFolder folder;
    RequestLogFixture rig("{file: " + folder.file("log") + (settings.empty() ? "" : ", " + settings) + "}");
    rig.object().start();
    pass_exchange(rig, start, fields);
    rig.object().stop();
    return file_text(folder.file("log"));
}

bool has_part(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("request-log: a line in JSON for each request, without its query", "[request-log]") {
    const std::string line = line_of("");
    INFO(line);
    CHECK(line.starts_with("{\"time\":\"20"));
    CHECK(
        line.ends_with("Z\",\"request_id\":\"id-1\",\"visitor\":\"192.0.2.7\",\"status\":200,\"complete\":true,"
                       "\"request_bytes\":3,\"response_bytes\":1234,\"ms\":56,\"method\":\"GET\",\"scheme\":"
                       "\"https\",\"host\":\"app.test\",\"service\":\"web\",\"path\":\"/a\"}\n"));
    CHECK(has_part(line_of("query: true"), "\"path\":\"/a\",\"query\":\"?b=c\"}\n"));
}

TEST_CASE("request-log: fields that were asked for, secrets masked", "[request-log]") {
    const std::string fields =
        "User-Agent: curl \"7\" \\ \xc3\xa9 \xff \t.\r\nCookie: sid=secret\r\nX-Api-Key: secret\r\n";
    const std::string line = line_of("fields: [User-Agent, cookie, X-Api-Key, X-None]", "GET /", fields);
    INFO(line);
    CHECK(has_part(line, R"(,"field.User-Agent":"curl \"7\" \\ )"
                         "\xc3\xa9"
                         R"( \ufffd \u0009.","field.cookie":"***",)"
                         R"("field.X-Api-Key":"***"})"
                         "\n"));
    CHECK_FALSE(has_part(line, "secret"));
    CHECK(has_part(line_of("fields: [X-A]", "GET /",
                           "X-A: a\xc2\x9b\xe2\x80\xae"
                           "b\r\n"),
                   R"("field.X-A":"a\u009b\u202eb")"));
    CHECK(has_part(line_of("fields: Cookie, mask: []", "GET /", fields), "\"field.Cookie\":\"sid=secret\""));
}

TEST_CASE("request-log: the combined format", "[request-log]") {
    const std::string line =
        line_of("format: combined", "GET /a?b=c", "User-Agent: a\"b\xe9\r\nReferer: https://x.test/\r\n");
    INFO(line);
    CHECK(line.starts_with("192.0.2.7 - - ["));
    CHECK(line.ends_with(" +0000] \"GET /a HTTP/1.1\" 200 1234 \"https://x.test/\" \"a\\x22b\\xe9\"\n"));
    CHECK(has_part(line_of("format: combined, query: true"), "\"GET /a?b=c HTTP/1.1\" 200 1234 \"-\" \"-\"\n"));
}

TEST_CASE("request-log: no line has the query of another URL either", "[request-log]") {
    const std::string fields =
        "Referer: https://a.test/reset?token=SECRET\r\nDestination: /x;token=SECRET\r\nX-Original-URI: "
        "/x?token=SECRET\r\n"
        "Link: <https://a.test/y?token=SECRET>; rel=x\r\nOrigin: https://u:SECRET@a.test\r\nUser-Agent: a "
        "(+http://b.test/?c)\r\n";
    const std::string names = "fields: [Referer, Destination, X-Original-URI, Link, Origin, User-Agent]";
    for (const std::string& settings :
         {std::string("format: combined"), names,
          std::string("template: '{{field.referer}} {{field.destination}} {{field.origin}}'")}) {
        const std::string line = line_of(settings, "GET /a?token=SECRET", fields);
        INFO(line);
        CHECK_FALSE(has_part(line, "SECRET"));
        CHECK(has_part(line, "https://a.test/reset"));
    }
    CHECK(has_part(line_of(names, "GET /", fields), R"x("field.User-Agent":"a (+http://b.test/?c)")x"));
    CHECK(has_part(line_of("format: combined, query: true", "GET /", fields), "https://a.test/reset?token=SECRET"));
}

TEST_CASE("request-log: a line by a template", "[request-log]") {
    const std::string wanted =
        "template: '{{visitor}} {{method}} {{scheme}}://{{host}}{{path}}{{query}} {{service}} "
        "{{request_id}} {{status}} {{complete}} {{request_bytes}}/{{response_bytes}} {{ms}} "
        "{{field.x-a}} {{field.cookie}} {{note.auth.subject}}'";
    CHECK(line_of(wanted, "POST /a?b=c", "X-A: 1\r\nCookie: secret\r\nContent-Length: 3\r\n") ==
          "192.0.2.7 POST https://app.test/a?b=c web id-1 200 true 3/1234 56 1 *** -\n");
}

TEST_CASE("request-log: long texts are cut, and a line stays what it is", "[request-log]") {
    const std::string text(3'000, '"');
    std::string fields;
    std::string names;
    for (const char* const name : {"X-A", "X-B", "X-C", "X-D", "X-E"}) {
        fields += std::string(name) + ": " + text + "\r\n";
        names += std::string(names.empty() ? "" : ", ") + name;
    }
    const std::string line = line_of("fields: [" + names + "]", "GET /", fields);
    CHECK(line.size() <= log_line_bytes_max);
    CHECK(has_part(line, R"(\"\"\")"));
    CHECK(line.ends_with("\",\"cut\":true}\n"));
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    const std::string by_template = line_of("template: '{{field.x-a}}{{field.x-b}} {{status}}'", "GET /", fields);
    CHECK(by_template.size() <= log_line_bytes_max);
    CHECK(by_template.ends_with("\n"));
}

TEST_CASE("request-log: a file that was renamed is made again, and nothing is lost", "[request-log]") {
    const TestFolder folder;
    const std::string file = folder.file("log");
    RequestLogFixture rig("{file: " + file + ", template: '{{path}}'}");
    rig.object().start();
    pass_exchange(rig, "GET /1");
    CHECK(test::eventually([&] { return file_text(file) == "/1\n"; }));
    std::filesystem::rename(file, folder.file("log.1"));
    pass_exchange(rig, "GET /2");
    CHECK(test::eventually([&] { return file_text(file) == "/2\n"; }));
    std::filesystem::remove(file);
    pass_exchange(rig, "GET /3");
    CHECK(test::eventually([&] { return file_text(file) == "/3\n"; }));
    rig.object().stop();
    CHECK(file_text(folder.file("log.1")) == "/1\n");
    struct stat facts {};
    CHECK(::stat(file.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0007) == 0);
}

TEST_CASE("request-log: a file that cannot be made again leaves the old one in use", "[request-log]") {
    const TestFolder folder;
    std::filesystem::create_directory(folder.file("logs"));
    const std::string file = folder.file("logs/log");
    RequestLogFixture rig("{file: " + file + ", template: '{{path}}'}");
    rig.object().start();
    pass_exchange(rig, "GET /1");
    CHECK(test::eventually([&] { return file_text(file) == "/1\n"; }));
    std::filesystem::rename(folder.file("logs"), folder.file("old"));
    pass_exchange(rig, "GET /2");
    CHECK(test::eventually([&] { return file_text(folder.file("old/log")) == "/1\n/2\n"; }));
    CHECK(test::eventually([&] { return rig.log.count("cannot be opened again") == 1; }));
    std::filesystem::create_directory(folder.file("logs"));
    pass_exchange(rig, "GET /3");
    CHECK(test::eventually([&] { return file_text(file) == "/3\n"; }));
    CHECK(test::eventually([&] { return rig.log.count("lines are written again") == 1; }));
    rig.object().stop();
    CHECK(rig.object().left_out() == 0);
}

TEST_CASE("request-log: where nobody reads, lines are left out and counted, and no worker waits", "[request-log]") {
    const TestFolder folder;
    const std::string file = folder.file("pipe");
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    const int reader = ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reader >= 0);
    constexpr int visits = 100;
    RequestLogFixture rig("{file: " + file + ", queue: 16, template: '{{path}}'}");
    const int filler = ::open(file.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    const std::string full(4'096, 'x');
    while (::write(filler, full.data(), full.size()) > 0) {
    }
    rig.object().start();
    for (int i = 0; i < visits; ++i) {
        pass_exchange(rig, "GET /" + std::to_string(i));
    }
    CHECK(rig.object().left_out() > 0);
    rig.object().stop();  // it does not wait for ever either
    CHECK(rig.object().left_out() == visits);
    CHECK(rig.log.count("lines cannot be written: there is no reader") == 1);
    CHECK(rig.log.count("lines were left out") > 0);
    ::close(filler);
    ::close(reader);
}

TEST_CASE("request-log: who reads the lines may go and come back", "[request-log]") {
    const TestFolder folder;
    const std::string file = folder.file("pipe");
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    const auto open_reader = [&] { return ::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); };
    const int first = open_reader();
    RequestLogFixture rig("{file: " + file + ", template: '{{path}}'}");
    rig.object().start();
    ::close(first);
    pass_exchange(rig, "GET /1");
    CHECK(test::eventually([&] { return rig.log.count("lines cannot be written: Broken pipe") == 1; }));
    const int second = open_reader();
    pass_exchange(rig, "GET /2");
    char line[16];
    ssize_t size = 0;
    CHECK(test::eventually([&] { return (size = ::read(second, line, sizeof(line))) > 0; }));
    CHECK(std::string(line, static_cast<std::size_t>(size > 0 ? size : 0)) == "/2\n");
    rig.object().stop();
    CHECK(rig.object().left_out() == 1);
    ::close(second);
}

TEST_CASE("request-log: lines of many threads come whole, each once", "[request-log]") {
    LineQueue queue(64);
    constexpr int writers = 4;
    constexpr int lines = 5'000;
    std::atomic<int> running{writers};
    std::vector<std::thread> threads;
    for (int writer = 0; writer < writers; ++writer) {
        threads.emplace_back([&, writer] {
            for (int i = 0; i < lines; ++i) {
                const std::string line = std::to_string(writer * lines + i) + "\n";
                const auto write = [&](char* place) { return line.copy(place, log_line_bytes_max); };
                while (!queue.push(write)) {
                    std::this_thread::yield();
                }
            }
            --running;
        });
    }
    std::string all;
    while (true) {
        const bool is_last = running == 0;
        std::string some;
        while (queue.pop(some, 1'000) > 0) {
            CHECK(some.size() <= 1'000);
            all += some;
            some.clear();
        }
        if (is_last) {
            break;
        }
        std::this_thread::yield();
    }
    for (std::thread& each : threads) {
        each.join();
    }
    std::istringstream numbers(all);
    std::set<int> seen;
    for (int number = 0; numbers >> number;) {
        seen.insert(number);
    }
    CHECK(seen.size() == writers * lines);
    CHECK(std::count(all.begin(), all.end(), '\n') == writers * lines);
}

TEST_CASE("request-log: a queue takes as many lines as it says, and no more", "[request-log]") {
    LineQueue queue(16);
    const auto write = [](char* place) {
        *place = '\n';
        return std::size_t{1};
    };
    const std::uint64_t before = test::allocations_so_far();
    for (int i = 0; i < 16; ++i) {
        CHECK(queue.push(write));
    }
    CHECK_FALSE(queue.push(write));
    CHECK(test::allocations_so_far() == before);
    std::string text;
    CHECK(queue.pop(text, 4) == 4);
    CHECK(queue.push(write));
    CHECK(queue.pop(text, 100) == 13);
}

TEST_CASE("request-log: settings that cannot work are told", "[request-log]") {
    CHECK(RequestLogFixture::wrong<RequestLog>("{template: '{{visitr}}'}")
              .find("template: has {{visitr}}, which is unknown") == 0);
    CHECK(RequestLogFixture::wrong<RequestLog>("{template: '{{visitor'}").find("not closed") != std::string::npos);
    CHECK(RequestLogFixture::wrong<RequestLog>("{fields: 'X A'}").find("names the field \"X A\"") != std::string::npos);
    CHECK(RequestLogFixture::wrong<RequestLog>("{format: xml}").find("format") == 0);
    CHECK(RequestLogFixture::wrong<RequestLog>("{}").empty());
}
