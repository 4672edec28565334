// What a tap records of a connection's bytes, whatever way they are cut, and what it does where they are no HTTP.
#include "inspect/http_tap.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "inspect/reading.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::inspect;
using namespace std::chrono_literals;

namespace {

struct Line {
    std::shared_ptr<Inspector> inspector;
    std::unique_ptr<Tap> tap;
    TimePoint now = TimePoint() + 1h;
    std::size_t step;  // bytes at a time

    explicit Line(std::size_t step_in = 1'000'000, Inspector::Settings settings = {})
        : inspector(std::make_shared<Inspector>(settings)), step(step_in) {
        tap = inspector->http_tap({"web", "127.0.0.1:3000", {}, 0, 0, now});
    }

    void request(std::string_view bytes) { pass(bytes, &Tap::to_backend); }
    void answer(std::string_view bytes) { pass(bytes, &Tap::from_backend); }
    std::vector<Exchange> all() const {
        std::vector<Exchange> exchanges;
        for (const auto& record : inspector->records().all()) {
            exchanges.push_back(record->copy());
        }
        std::reverse(exchanges.begin(), exchanges.end());
        return exchanges;
    }
    Exchange only() const {
        const std::vector<Exchange> exchanges = all();
        REQUIRE(exchanges.size() == 1);
        return exchanges.front();
    }

private:
    void pass(std::string_view bytes, void (Tap::*way)(Bytes, TimePoint) noexcept) {
        while (!bytes.empty()) {
            const std::string piece(bytes.substr(0, step));  // in memory of its own
            now += 1ms;
            (*tap.*way)(as_bytes(piece), now);
            bytes.remove_prefix(piece.size());
        }
    }
};

constexpr std::size_t steps[] = {1, 2, 3, 7, 64, 1'000'000};

std::string frame(std::uint8_t first, std::string_view payload, bool is_masked) {
    std::string text(1, static_cast<char>(first));
    text += static_cast<char>(payload.size() | (is_masked ? 0x80U : 0U));
    constexpr std::string_view key = "\x11\x22\x33\x44";
    text += is_masked ? key : std::string_view();
    for (std::size_t i = 0; i < payload.size(); ++i) {
        text += is_masked ? static_cast<char>(payload[i] ^ key[i % 4]) : payload[i];
    }
    return text;
}

}  // namespace

TEST_CASE("exchanges of one connection, one after the other", "[inspect]") {
    for (const std::size_t step : steps) {
        INFO(step);
        Line line(step);
        line.request(
            "POST /login?token=abc HTTP/1.1\r\nHost: a.example\r\nCookie: id=1\r\nContent-Length: 26\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\nuser=alice&password=hunter");
        CHECK(line.only().state == Exchange::State::under_way);
        line.answer(
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nSet-Cookie: id=2\r\n\r\n"
            "5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n");
        line.request("HEAD /x HTTP/1.1\r\nHost: a.example\r\n\r\n");
        line.answer("HTTP/1.1 404 Not Found\r\nContent-Length: 7\r\n\r\n");
        line.request("GET /y HTTP/1.1\r\nHost: a.example\r\n\r\n");
        line.answer("HTTP/1.0 200 OK\r\n\r\nto the end");
        line.tap->backend_ended(true, line.now);
        line.tap->over(line.now);

        const std::vector<Exchange> all = line.all();
        REQUIRE(all.size() == 3);
        for (const Exchange& one : all) {
            CHECK(one.state == Exchange::State::complete);
            CHECK(one.request.complete);
            CHECK(one.answer.complete);
            CHECK((one.head_sent && one.request_sent && one.first_byte && one.end));
            CHECK(*one.first_byte <= *one.end);
        }
        const Exchange& login = all[0];
        CHECK(target_of(login) == "/login?token=***");
        CHECK(HeadView(login.request.head).value("cookie") == "***");
        CHECK(login.request.body == "user=alice&password=***");
        CHECK(login.request.body_bytes == 26);
        CHECK(login.request.body_masked);
        CHECK(status_of(login) == 200);
        CHECK(HeadView(login.answer.head).value("Set-Cookie") == "***");
        CHECK(login.answer.body == "hello!");
        CHECK(method_of(all[1]) == "HEAD");
        CHECK(status_of(all[1]) == 404);
        CHECK(all[1].answer.body.empty());
        CHECK(all[2].answer.body == "to the end");
    }
}

TEST_CASE("the original of what is masked is kept where it is whole", "[inspect]") {
    constexpr std::string_view head = "POST /?x=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    constexpr std::string_view masked_head = "POST /?key=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 13\r\n\r\n";
    constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"token\":1}";
    const auto original = [](const Line& line) { return line.inspector->records().all().front()->original(line.now); };
    for (const std::size_t step : steps) {
        INFO(step);
        Inspector::Settings settings;
        settings.body = 13;
        Line line(step, settings);
        line.request(std::string(head) + "6\r\n{\"pin\"\r\n4\r\n:12}\r\n0\r\n\r\n");
        line.answer(ok);
        CHECK(line.all().back().request.body == R"({"pin":"***"})");
        CHECK(original(line).head.empty());  // the record has it
        CHECK(original(line).body == R"({"pin":12})");
        line.request(std::string(masked_head) + R"({"pin":12345})");
        line.answer(ok);
        CHECK(line.all().back().request.head_masked);
        CHECK(original(line).head == masked_head);
        CHECK(original(line).body == R"({"pin":12345})");
        // One byte more than what is kept of a body.
        line.request(std::string(head) + "e\r\n{\"pin\":123456}\r\n0\r\n\r\n");
        line.answer(ok);
        CHECK(line.all().back().request.cut);
        CHECK_FALSE(original(line).body);
        // Nothing is masked.
        line.request(std::string(head) + "2\r\n{}\r\n0\r\n\r\n");
        line.answer(ok);
        CHECK(original(line).bytes() == 0);
        CHECK_FALSE(original(line).body);
        // Its end has not passed.
        line.request(std::string(masked_head) + R"({"pin":12)");
        line.tap->over(line.now);
        CHECK(original(line).head == masked_head);
        CHECK_FALSE(original(line).body);
    }
}

TEST_CASE("of a body that is longer than what is kept, its beginning is kept", "[inspect]") {
    Inspector::Settings settings;
    settings.body = 10;
    Line line(3, settings);
    line.request("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789");
    line.answer("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a");
    const Exchange one = line.only();
    CHECK(one.request.body == "0123456789");
    CHECK_FALSE(one.request.cut);
    CHECK(one.answer.body == "0123456789");
    CHECK(one.answer.cut);
    CHECK(one.answer.body_bytes == 11);
    CHECK(line.inspector->records().bytes() < limits::inspect_entry_cost + 300);
}

TEST_CASE("who has left, where an answer was not complete", "[inspect]") {
    const char* const begun = "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"token\":\"x";
    for (const bool backend_ends : {false, true}) {
        Line line;
        line.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        line.answer(begun);
        if (backend_ends) {
            line.tap->backend_ended(true, line.now);
        }
        line.tap->over(line.now);
        const Exchange one = line.only();
        CHECK(one.state == (backend_ends ? Exchange::State::backend_left : Exchange::State::visitor_left));
        CHECK(one.answer.body == "{\"token\":\"***\"");
        CHECK_FALSE(one.answer.complete);
    }
}

TEST_CASE("messages of a WebSocket", "[inspect]") {
    for (const std::size_t step : steps) {
        INFO(step);
        Line line(step);
        line.request("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        line.answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" +
                    frame(0x81, "hello", false));
        line.request(frame(0x01, R"({"password":)", true) + frame(0x89, "are you there", true) +
                     frame(0x80, R"("x"})", true));
        line.answer(frame(0x82, std::string(3, '\0'), false) + frame(0xc1, "zzz", false) +
                    frame(0x88, std::string("\x03\xe8") + "bye", false));
        CHECK(line.only().state == Exchange::State::under_way);  // they are seen while it lasts
        const std::vector<Message> messages = line.only().messages;
        REQUIRE(messages.size() == 6);
        CHECK((messages[0].text == "hello" && !messages[0].by_visitor));
        CHECK((messages[1].kind == Message::Kind::ping && messages[1].by_visitor));
        CHECK(messages[2].text == R"({"password":"***"})");
        CHECK((messages[3].kind == Message::Kind::binary && messages[3].bytes == 3 && messages[3].text.empty()));
        CHECK((messages[4].compressed && messages[4].bytes == 3 && messages[4].text.empty()));
        CHECK((messages[5].kind == Message::Kind::close && messages[5].text == "1000 bye"));
        line.tap->over(line.now);
        CHECK(line.only().state == Exchange::State::complete);
        CHECK(line.only().upgraded);
    }
}

TEST_CASE("the latest messages are kept, and the beginning of a long one", "[inspect]") {
    Line line;
    line.request("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    line.answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    for (std::size_t i = 0; i <= limits::inspect_messages_max; ++i) {
        line.answer(frame(0x81, std::to_string(i), false));
    }
    CHECK(line.only().messages.size() == limits::inspect_messages_max);
    CHECK(line.only().messages.front().text == "1");
    CHECK(line.only().messages_left_off == 1);
    // A frame of 16 KiB and one byte, with its length in eight bytes.
    std::string head("\x81\x7f\0\0\0\0\0\0\x40\x01", 10);
    line.answer(head + std::string(limits::inspect_message_max + 1, 'x'));
    CHECK(line.only().messages.back().text.size() == limits::inspect_message_max);
    CHECK(line.only().messages.back().cut);
    CHECK(line.only().messages.back().bytes == limits::inspect_message_max + 1);
}

TEST_CASE("events of an event stream, as they come", "[inspect]") {
    for (const std::size_t step : steps) {
        Line line(step);
        line.request("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
        line.answer(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hi\n\nevent: a\r\ndata: {\"token\":1}\r\n\r\n"
            "data: x\rdata: y\r\r");
        const std::vector<Message> events = line.only().messages;
        REQUIRE(events.size() == 3);
        CHECK(events[0].text == ": hi");
        CHECK(events[1].text == "event: a\ndata: {\"token\":\"***\"}");
        CHECK(events[2].text == "data: x\ndata: y");
    }
}

TEST_CASE("what is not valid HTTP ends the recording, and nothing else", "[inspect]") {
    SECTION("a request") {
        Line line;
        line.request("\x16\x03\x01");
        line.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(line.all().empty());
    }
    SECTION("an answer") {
        Line line;
        line.request("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        line.answer("SSH-2.0-x\r\n");
        CHECK(line.only().state == Exchange::State::not_http);
        CHECK_FALSE(line.only().why.empty());
    }
    SECTION("a request before the answer to the last one is complete") {
        Line line;
        line.request("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        CHECK(line.only().state == Exchange::State::not_http);
    }
    SECTION("an answer that nobody asked for") {
        Line line;
        line.answer("HTTP/1.1 200 OK\r\n\r\n");
        CHECK(line.all().empty());
    }
    SECTION("a head that is too long") {
        Line line(10'000);
        line.request("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(limits::http_line_settable_max, 'x'));
        line.request("\r\n\r\n");
        CHECK(line.all().empty());
    }
    SECTION("frames that are none") {
        Line line;
        line.request("GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        line.answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" +
                    frame(0x83, "hello", false) + frame(0x81, "hello", false));
        CHECK(line.only().messages.empty());
        CHECK(line.only().from_backend == 14);
        line.tap->over(line.now);
        CHECK(line.only().state == Exchange::State::complete);
    }
}

TEST_CASE("connections that are no HTTP are counted", "[inspect]") {
    const auto inspector = std::make_shared<Inspector>(Inspector::Settings());
    const TimePoint began = TimePoint() + 1h;
    const std::unique_ptr<Tap> tap = inspector->connection_tap({"ssh", "127.0.0.1:22", "192.0.2.1:7", 0, 0, began});
    const auto one = [&] { return inspector->records().all().front()->copy(); };
    CHECK(one().state == Exchange::State::under_way);
    tap->to_backend(as_bytes("abc"), began + 1ms);
    tap->from_backend(as_bytes("12345"), began + 2ms);
    CHECK((one().to_backend == 3 && one().from_backend == 5 && one().first_byte == Duration(2ms)));
    tap->backend_ended(true, began + 3ms);
    tap->over(began + 4ms);
    CHECK((one().state == Exchange::State::complete && one().end == Duration(4ms)));
    CHECK(one().visitor == "192.0.2.1:7");
}

TEST_CASE("of exchanges that come too fast only the ends are found", "[inspect]") {
    for (const std::size_t step : steps) {
        INFO(step);
        Line line(step);
        const auto use_up = [&] {
            while (line.inspector->records().admits(line.now)) {
            }
        };
        use_up();
        line.tap->to_backend(as_bytes("POST /a HTTP/1.1\r\nHost: a.example\r\nContent-Length: 3\r\n\r\nabc"), line.now);
        line.tap->from_backend(as_bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                               line.now);
        CHECK(line.all().empty());
        line.now += 1s;
        line.request("GET /b HTTP/1.1\r\nHost: a.example\r\n\r\n");
        line.answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        const Exchange recorded = line.only();
        CHECK(recorded.request.head.starts_with("GET /b "));
        CHECK(recorded.answer.body == "ok");
        CHECK(recorded.state == Exchange::State::complete);

        use_up();
        line.tap->to_backend(as_bytes("GET /socket HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\n"
                                      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
                             line.now);
        line.tap->from_backend(as_bytes("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                                        "Upgrade: websocket\r\n\r\n\x81\x02ok"),
                               line.now);
        line.tap->over(line.now);
        CHECK(line.all().size() == 1);
    }
}

TEST_CASE("a backend that is not reached: the request as far as it has come, and the status of the edge", "[inspect]") {
    Line line;
    const std::string first = "POST /order HTTP/1.1\r\nHost: a.example\r\nContent-Le";
    const std::string rest = "ngth: 4\r\n\r\nbody";
    const Bytes waiting[] = {as_bytes(first), as_bytes(rest)};
    line.tap->not_reached("Connection refused", waiting, line.now);
    line.tap->over(line.now + 5ms);
    const Exchange lost = line.only();
    CHECK(lost.state == Exchange::State::lost);
    CHECK(lost.request.body == "body");
    CHECK(lost.request.complete);
    CHECK_FALSE(lost.head_sent);
    CHECK_FALSE(lost.request_sent);
    CHECK(method_of(lost) == "POST");
    CHECK(status_of(lost) == 502);
    CHECK(problem_of(lost) == "the backend was not reached: Connection refused");
    CHECK(lost.end);
}

TEST_CASE("a backend that is not reached before anything of a request has come is a row, too", "[inspect]") {
    Line line;
    line.tap->not_reached("Connection refused", {}, line.now);
    line.tap->over(line.now + 5ms);
    CHECK(line.only().why == "Connection refused");
    CHECK(status_of(line.only()) == 502);
    CHECK(method_of(line.only()).empty());
}

TEST_CASE("rows of a backend that is not reached come no faster than others, and a replay is answered by nobody",
          "[inspect]") {
    Line line;
    for (std::size_t i = 0; i < limits::inspect_entries_max + 10; ++i) {
        line.tap = line.inspector->http_tap({"web", "127.0.0.1:3000", {}, 0, 0, line.now});
        line.tap->not_reached("Connection refused", {}, line.now);
        line.tap->over(line.now);
    }
    CHECK(line.inspector->records().not_recorded() == 10);
    line.tap = line.inspector->http_tap({"web", "127.0.0.1:3000", {}, 99'999, 1, line.now});
    line.tap->not_reached("Connection refused", {}, line.now);
    line.tap->over(line.now);
    const std::vector<Exchange> all = line.all();
    CHECK(status_of(all.back()) == 0);
    CHECK(all.back().id == 99'999);
}

TEST_CASE("a connection whose backend is not reached says why", "[inspect]") {
    Line line;
    const Bytes waiting[] = {as_bytes(std::string_view("hello"))};
    line.tap = line.inspector->connection_tap({"ssh", "127.0.0.1:22", "192.0.2.1:5", 0, 0, line.now});
    line.tap->not_reached("Connection timed out", waiting, line.now);
    line.tap->over(line.now);
    CHECK(line.only().state == Exchange::State::lost);
    CHECK(line.only().to_backend == 0);
    CHECK(problem_of(line.only()) == "the backend was not reached: Connection timed out");
}
