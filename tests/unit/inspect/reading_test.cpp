// Heads taken apart, filters, and commands of curl.
#include "inspect/reading.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::inspect;

namespace {

Exchange sample() {
    Exchange one;
    one.service = "web";
    one.request.head =
        "POST /a/b?x=1 HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nX-Forwarded-For: 192.0.2.1, 10.0.0.1\r\n"
        "X-Forwarded-Host: app.example.com\r\nX-Forwarded-Proto: https\r\nX-Empty:\r\n"
        "Content-Type: text/plain\r\nAccept-Encoding: gzip\r\nContent-Length: 4\r\n\r\n";
    one.request.body = "it's";
    one.request.body_bytes = 4;
    one.request.complete = true;
    one.answer.head = "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n";
    one.answer.body = "<h1>Nothing</h1>";
    return one;
}

}  // namespace

TEST_CASE("the parts of an exchange", "[inspect]") {
    const Exchange one = sample();
    CHECK(method_of(one) == "POST");
    CHECK(target_of(one) == "/a/b?x=1");
    CHECK(status_of(one) == 404);
    CHECK(visitor_of(one) == "192.0.2.1");
    CHECK(url_of(one) == "https://app.example.com/a/b?x=1");
    CHECK(HeadView(one.request.head).fields.size() == 8);
    CHECK(HeadView(one.request.head).value("x-empty").empty());
    CHECK(HeadView("").fields.empty());
    CHECK(status_of(Exchange()) == 0);
}

TEST_CASE("filters", "[inspect]") {
    const Exchange one = sample();
    CHECK(matches(one, {}));
    CHECK(matches(one, {"post", "4xx", "/b?", "web", "NOTHING"}));
    CHECK_FALSE(matches(one, {"GET"}));
    CHECK(matches(one, {"", "404"}));
    CHECK_FALSE(matches(one, {"", "5xx"}));
    CHECK_FALSE(matches(one, {"", "40"}));
    CHECK_FALSE(matches(one, {"", "", "/c"}));
    CHECK_FALSE(matches(one, {"", "", "", "other"}));
    CHECK_FALSE(matches(one, {"", "", "", "", "nowhere"}));
}

TEST_CASE("a request as a command of curl", "[inspect]") {
    Exchange one = sample();
    CHECK(curl_command(one) ==
          "curl --globoff --path-as-is 'https://app.example.com/a/b?x=1' -H 'X-Empty;' -H 'Content-Type: text/plain' "
          "--compressed --data-raw 'it'\\''s'");
    one.request.body = std::string("\0\xff", 2);
    CHECK(curl_command(one)->starts_with("printf %s 'AP8=' | base64 -d | curl "));
    one.request.body = "a\n\tb";
    CHECK(curl_command(one)->ends_with("--data-raw 'a\n\tb'"));
    for (const char* unseen : {"a\r\nb", "\x1b[2J",
                               "\xe2\x80\xae"
                               "b"}) {  // a terminal must not act on it
        one.request.body = unseen;
        CHECK(curl_command(one)->find(" | base64 -d | curl ") != std::string::npos);
    }
    one.request.cut = true;
    CHECK_FALSE(curl_command(one));
}

TEST_CASE("a command of curl adds nothing to a body that says nothing of its type", "[inspect]") {
    Exchange one = sample();
    one.request.head = "POST /[1-3] HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n";
    CHECK(curl_command(one) == "curl --globoff --path-as-is 'http://a/[1-3]' -H 'Content-Type:' --data-raw 'it'\\''s'");
}

TEST_CASE("base64", "[inspect]") {
    CHECK(base64("").empty());
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
}
