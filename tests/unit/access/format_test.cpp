#include "access/format.hpp"
#include "access/escape.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "access/limits.hpp"

namespace ferrotunnel::access {
namespace {

using namespace std::chrono_literals;

Entry some_entry() {
    Entry entry;
    entry.time = std::chrono::system_clock::time_point(1'700'000'000'123ms);
    entry.visitor = "192.0.2.7";
    entry.token = "alice";
    entry.service = "web";
    entry.member = "laptop";
    entry.host = "app.example.com";
    entry.method = "GET";
    entry.target = "/a?q=1&token=abc";
    entry.protocol = "HTTP/2";
    entry.scheme = "https";
    entry.referer = "https://me:pw@other.example/x?key=1";
    entry.user_agent = "curl/7.88";
    entry.request_id = "abc123";
    entry.tls_group = "X25519MLKEM768";
    entry.status = 200;
    entry.received = 5;
    entry.sent = 1234;
    entry.routed = 250us;
    entry.first_byte = 12'345us;
    entry.whole = 20ms;
    return entry;
}

std::string line_of(std::string_view format, const Entry& entry) {
    std::string line;
    Format::parse(format, {"token", "key"}).value().append(line, entry);
    return line;
}

std::string error_of(std::string_view format) {
    const auto parsed = Format::parse(format, {});
    return parsed ? "" : parsed.error();
}

}  // namespace

TEST_CASE("a line of Combined", "[access]") {
    CHECK(line_of("combined", some_entry()) ==
          "192.0.2.7 - - [14/Nov/2023:22:13:20 +0000] \"GET /a?q=1&token=*** HTTP/2\" 200 1234 "
          "\"https://***@other.example/x?key=***\" \"curl/7.88\"\n");
}

TEST_CASE("Combined for a request whose head could not be read", "[access]") {
    Entry entry;
    entry.visitor = "::1";
    entry.status = 400;
    CHECK(line_of("combined", entry) == "::1 - - [01/Jan/1970:00:00:00 +0000] \"-\" 400 0 \"-\" \"-\"\n");
}

TEST_CASE("a JSON object has every field", "[access]") {
    const auto line = nlohmann::json::parse(line_of("json", some_entry()));
    CHECK(line.size() == names);
    CHECK(line["time"] == "2023-11-14T22:13:20.123Z");
    CHECK(line["target"] == "/a?q=1&token=***");
    CHECK(line["status"] == 200);
    CHECK(line["routed_ms"] == 0.25);
    CHECK(line["connected_ms"].is_null());
    CHECK(line["first_byte_ms"] == 12.345);
    CHECK(line["outcome"] == "complete");
    CHECK(line["token"] == "alice");
    CHECK(line["member"] == "laptop");
    CHECK(line["tls_group"] == "X25519MLKEM768");
    CHECK(line_of("{service} {member}", some_entry()) == "web laptop\n");
    CHECK(line_of("{member}", Entry{}) == "-\n");
}

TEST_CASE("a visitor cannot forge a line", "[access]") {
    Entry entry = some_entry();
    const std::string bad = "x\" 200\n1.2.3.4 \\ \x1b[31m\r\x7f\xff\xc3\xa9";
    entry.user_agent = bad;
    entry.referer = bad;
    entry.outcome = Outcome::visitor_left;
    for (const char* format : {"combined", "json", "{user_agent} {referer} {outcome}"}) {
        const std::string line = line_of(format, entry);
        CAPTURE(line);
        CHECK(line.find('\n') == line.size() - 1);
        for (const char c : line.substr(0, line.size() - 1)) {
            CHECK((c >= 0x20 && c < 0x7f));
        }
    }
    CHECK(line_of("{user_agent}", entry) == "x\\\" 200\\x0a1.2.3.4 \\\\ \\x1b[31m\\x0d\\x7f\\xff\\xc3\\xa9\n");
    const auto object = nlohmann::json::parse(line_of("json", entry));
    CHECK(object["user_agent"].get<std::string>().find("\xef\xbf\xbd") != std::string::npos);
    CHECK(object["outcome"] == "visitor_left");
    entry.user_agent = "caf\xc3\xa9";
    CHECK(nlohmann::json::parse(line_of("json", entry))["user_agent"] == "caf\xc3\xa9");
}

TEST_CASE("a template", "[access]") {
    CHECK(line_of("{{{visitor}}} {connected_ms} {duration_ms}ms {cause}|", some_entry()) ==
          "{192.0.2.7} - 20.000ms -|\n");
}

TEST_CASE("what is wrong with a template is told with its place", "[access]") {
    CHECK(error_of("common") ==
          "\"common\" is not a valid format; expected combined, json, or a template like {visitor} {status}");
    CHECK(error_of("{visitor} {usr}")
              .rfind("at character 11 \"usr\" is not a valid field; valid fields: time, visitor,", 0) == 0);
    CHECK(error_of("{visitor} {status") == "at character 11 a { that is not closed; write {{ for a literal one");
    CHECK(error_of("{visitor} }") == "at character 11 a } without a {; write }} for a literal one");
    CHECK(error_of("{visitor}\n") == "has a template that contains a control character or is not UTF-8");
    CHECK(error_of("{visitor}" + std::string(template_bytes_max, 'x')) == "has a template of more than 4096 bytes");
    CHECK(error_of("{visitor}" + std::string(template_bytes_max - 9, 'x')).empty());
}

TEST_CASE("what a terminal obeys, or a reader does not see, is escaped in JSON", "[access]") {
    const auto escaped = [](std::string_view text) {
        std::string line;
        append_json(line, text);
        return line;
    };
    CHECK(escaped("a\xc2\x9b"
                  "31m\xc2\x85\x7f") == R"("a\u009b31m\u0085\u007f")");
    CHECK(escaped("\xe2\x80\xae\xe2\x81\xa6\xe2\x80\xa8\xe2\x80\x8b\xef\xbb\xbf") ==
          R"("\u202e\u2066\u2028\u200b\ufeff")");
    CHECK(escaped("\xf3\xa0\x81\x81") == R"("\udb40\udc41")");  // a tag, U+E0041
    CHECK(escaped("\xc3\xa9 \xc2\xa0\xe2\x9c\x93\xf0\x9f\x98\x80") ==
          "\"\xc3\xa9 \xc2\xa0\xe2\x9c\x93\xf0\x9f\x98\x80\"");
    CHECK(escaped("a\xff\xc2\x9b") == R"("a\ufffd\ufffd\ufffd")");
}

TEST_CASE("values of query parameters are masked", "[access]") {
    const Masks masks({"Token", "key"});
    CHECK(masks.masked("/a") == "/a");
    CHECK(masks.masked("/token=1") == "/token=1");
    CHECK(masks.masked("/a?token=1&b=2&KEY=3") == "/a?token=***&b=2&KEY=***");
    CHECK(masks.masked("/a?b;token=1;c") == "/a?b;token=***;c");
    CHECK(masks.masked("/a?%74oke%6E=1") == "/a?%74oke%6E=***");
    CHECK(masks.masked("/a?token=&token&mytoken=1") == "/a?token=&token&mytoken=1");
    CHECK(masks.masked("/a?x=?token=1=2") == "/a?x=?token=***");
    CHECK(masks.masked("/a?") == "/a?");
    CHECK(masks.masked("/a;token=1/b;c=2?d") == "/a;token=***/b;c=2?d");
    CHECK(masks.masked("/a#token=1") == "/a#token=***");
    CHECK(masks.masked("/a?next=%2Fx%3Ftoken%3D1&b=2%3B") == "/a?next=***&b=2%3B");
    CHECK(masks.masked("/a?next=%252Fx%253Ftoken%253D1") == "/a?next=***");
    CHECK(masks.masked("/a?next=/cb?a=1%26token=SECRET") == "/a?next=/cb?a=***");
    CHECK(masks.masked("/a?next=a=1%26token=SECRET&b=2") == "/a?next=***&b=2");
    CHECK(masks.masked("/a?next=a=1%2526token=SECRET") == "/a?next=***");
    CHECK(masks.masked("/a?next=a=1%23token=SECRET") == "/a?next=***");
    CHECK(masks.masked("/a?next=b%6Ctoken=SECRET&q=100%25") == "/a?next=b%6Ctoken=SECRET&q=100%25");
    CHECK(masks.masked("/x;a=1&token=SECRET") == "/x;a=1&token=***");
    CHECK(masks.masked("/x;a=1&token=SECRET/y&b=2;key=3?c") == "/x;a=1&token=***/y&b=2;key=***?c");
    CHECK(masks.masked("/x&token=SECRET") == "/x&token=***");
    CHECK(masks.masked("/a?%2Fx%3Ftoken%3DSECRET") == "/a?***");
    CHECK(masks.masked("/a?state=token%3DSECRET") == "/a?state=***");
    CHECK(masks.masked("https://u:p@h/?a=1") == "https://***@h/?a=1");
    CHECK(masks.masked("/x://u@h/") == "/x://u@h/");
    CHECK(Masks({"*"}).masked("/a?b=1&c=2&d") == "/a?b=***&c=***&d");
    CHECK(Masks().masked("/a?token=1") == "/a?token=1");
}

}  // namespace ferrotunnel::access
