#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "h2/limits.hpp"
#include "h2/server_head.hpp"
#include "http/request_parser.hpp"

namespace ferrotunnel::h2 {
namespace {

using http::Fault;
using Verdict = RequestText::Verdict;
using List = std::vector<std::pair<std::string, std::string>>;

const List usual{{":method", "GET"}, {":scheme", "https"}, {":path", "/a?b"}, {":authority", "app.test"}};

List with(List fields, const List& more) {
    fields.insert(fields.end(), more.begin(), more.end());
    return fields;
}

struct Made {
    Verdict verdict = Verdict::kept;
    Fault fault = Fault::none;
    std::string text;
};

Made make(const List& fields, bool has_body = false, const http::HeadLimits& limits = {}) {
    RequestText text;
    text.begin(limits);
    for (const auto& [name, value] : fields) {
        if (const Verdict verdict = text.add(name, value); verdict != Verdict::kept) {
            return {verdict, Fault::none, {}};
        }
    }
    const Fault fault = text.finish(has_body);
    return {Verdict::kept, fault, std::string(text.text())};
}

// What the parser of HTTP/1.1 says of the text.
Fault parsed(const Made& made) {
    REQUIRE(made.verdict == Verdict::kept);
    REQUIRE(made.fault == Fault::none);
    http::RequestParser parser;
    const auto state = parser.parse(made.text);
    REQUIRE(state != http::ParseState::more);
    if (state == http::ParseState::complete) {
        CHECK(parser.size() == made.text.size());
    }
    return parser.refusal().fault;
}

}  // namespace

TEST_CASE("h2 head: a request becomes one of HTTP/1.1") {
    const Made plain = make(with(usual, {{"accept", "*/*"}, {"cookie", "a=1"}, {"x", ""}, {"cookie", "b=2"}}));
    CHECK(plain.text == "GET /a?b HTTP/1.1\r\nHost: app.test\r\naccept: */*\r\nx: \r\ncookie: a=1; b=2\r\n\r\n");
    CHECK(parsed(plain) == Fault::none);
    CHECK(make(usual).text == "GET /a?b HTTP/1.1\r\nHost: app.test\r\n\r\n");
    CHECK(make(with(usual, {{"host", "APP.test"}})).text == make(usual).text);
    const List by_host{{":method", "GET"}, {":scheme", "http"}, {":path", "*"}, {"host", "app.test"}};
    CHECK(make(by_host).text == "GET * HTTP/1.1\r\nhost: app.test\r\n\r\n");
}

TEST_CASE("h2 head: a body without a length is chunked, one with it has that") {
    CHECK(make(usual, true).text.find("\r\ntransfer-encoding: chunked\r\n") != std::string::npos);
    const Made sized = make(with(usual, {{"content-length", "5"}}), true);
    CHECK(sized.text.find("transfer-encoding") == std::string::npos);
    CHECK(parsed(sized) == Fault::none);
    CHECK(make(usual, false).text.find("transfer-encoding") == std::string::npos);
}

TEST_CASE("h2 head: nothing becomes more than the field that it was") {
    const auto is_malformed = [](const std::string& name, const std::string& value) {
        return make(with(usual, {{name, value}})).verdict == Verdict::malformed;
    };
    for (const char* const name : {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
                                   "http2-settings", "Accept", "a b", "a:b", "a\r\nb", "", "a\tb", ":path", ":x"}) {
        CAPTURE(name);
        CHECK(is_malformed(name, "chunked"));
    }
    for (const std::string& value : std::vector<std::string>{"a\r\nb: c", "a\nb", "a\rb", std::string("a\0b", 3), " a",
                                                             "a ", "\ta", "a\x7f", "a\x01"}) {
        CAPTURE(value);
        CHECK(is_malformed("x", value));
    }
    CHECK(is_malformed("te", "gzip"));
    CHECK_FALSE(is_malformed("te", "trailers"));
    CHECK(make({{":method", "GET"}, {":method", "POST"}}).verdict == Verdict::malformed);
    CHECK(make({{":method", ""}}).verdict == Verdict::malformed);
    CHECK(make({{"x", "y"}, {":method", "GET"}}).verdict == Verdict::malformed);
}

TEST_CASE("h2 head: no line of a request means another") {
    const auto fault = [](const std::string& method, const std::string& path, const std::string& scheme = "https") {
        return make({{":method", method}, {":scheme", scheme}, {":path", path}, {":authority", "app.test"}}).fault;
    };
    CHECK(fault("GET", "/a b") == Fault::bad_target);
    CHECK(fault("GET", "/ HTTP/1.1") == Fault::bad_target);
    CHECK(fault("GET", "http://other.test/") == Fault::bad_target);
    CHECK(fault("GET", "//x") == Fault::none);  // as in HTTP/1.1, where routing decides
    CHECK(fault("GET", "a") == Fault::bad_target);
    CHECK(fault("GET", "/a#b") == Fault::bad_target);
    CHECK(fault("GET", "/", "file") == Fault::bad_target);
    CHECK(fault("G ET", "/") == Fault::bad_method);
    CHECK(fault("GET /x HTTP/1.1", "/") == Fault::bad_method);
    CHECK(fault(std::string(limits::http_method_max + 1, 'A'), "/") == Fault::method_too_long);
    CHECK(fault("GET", '/' + std::string(limits::http_target_max - 1, 'a')) == Fault::none);
    CHECK(fault("GET", '/' + std::string(limits::http_target_max, 'a')) == Fault::target_too_long);
    CHECK(make({{":method", "GET"}, {":scheme", "https"}}).fault == Fault::bad_target);
}

TEST_CASE("h2 head: who is asked is said once") {
    CHECK(make(with(usual, {{"host", "other.test"}})).fault == Fault::host_differs);
    CHECK(make(with(usual, {{"host", "app.test:81"}})).fault == Fault::host_differs);
    CHECK(parsed(make(with(usual, {{"host", "app.test"}, {"host", "other.test"}}))) == Fault::duplicate_host);
    const List nobody{{":method", "GET"}, {":scheme", "http"}, {":path", "/"}};
    CHECK(parsed(make(nobody)) == Fault::missing_host);
    CHECK(parsed(make(with(nobody, {{":authority", "me@app.test"}}))) == Fault::bad_host);
    CHECK(parsed(make(with(nobody, {{"host", "a"}, {"host", "a"}}))) == Fault::duplicate_host);
    CHECK(parsed(make(with(usual, {{"content-length", "1"}, {"content-length", "1"}}), true)) ==
          Fault::duplicate_content_length);
    CHECK(parsed(make({{":method", "CONNECT"}, {":authority", "app.test:443"}})) == Fault::connect_not_wanted);
    CHECK(parsed(make({{":method", "TRACE"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}})) ==
          Fault::trace_not_wanted);
}

TEST_CASE("h2 head: extended CONNECT for a WebSocket becomes the upgrade that it stands for") {
    const auto made = [](const List& fields, bool takes = true) {
        RequestText text;
        text.begin({}, takes);
        for (const auto& [name, value] : fields) {
            if (const Verdict verdict = text.add(name, value); verdict != Verdict::kept) {
                return Made{verdict, Fault::none, {}};
            }
        }
        const Fault fault = text.finish(true);
        if (fault == Fault::none && text.is_websocket()) {
            text.add_websocket_key("dGhlIHNhbXBsZSBub25jZQ==");
        }
        return Made{Verdict::kept, fault, std::string(text.text())};
    };
    const auto asked = [](const std::string& protocol, const std::string& path = "/chat?a") {
        return List{{":method", "CONNECT"},
                    {":protocol", protocol},
                    {":scheme", "https"},
                    {":path", path},
                    {":authority", "a.test"}};
    };
    const Made good = made(with(asked("websocket"), {{"sec-websocket-version", "13"}, {"sec-websocket-key", "other"}}));
    CHECK(good.text ==
          "GET /chat?a HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          "sec-websocket-version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    http::RequestParser parser;
    REQUIRE(parser.parse(good.text) == http::ParseState::complete);
    CHECK(parser.head().upgrade.has("websocket"));
    CHECK(parser.head().body.kind == http::BodyKind::none);

    CHECK(made(asked("websocket"), false).verdict == Verdict::malformed);
    CHECK(made(asked("connect-udp")).fault == Fault::unknown_protocol);
    CHECK(made(asked("websocket, h2c")).fault == Fault::unknown_protocol);
    CHECK(made(asked("websocket\r\nx: y")).verdict == Verdict::malformed);
    CHECK(made(asked("")).verdict == Verdict::malformed);
    CHECK(made(asked("websocket", "*")).fault == Fault::bad_target);
    CHECK(made(asked("websocket", "a")).fault == Fault::bad_target);
    for (const char* const name : {"content-length", "transfer-encoding", "upgrade", "connection", ":protocol"}) {
        CAPTURE(name);
        CHECK(made(with(asked("websocket"), {{name, "0"}})).verdict == Verdict::malformed);
    }
    for (std::size_t left_out = 0; left_out < 4; ++left_out) {
        CAPTURE(left_out);
        List fields = asked("websocket");
        fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(left_out));
        const Made rest = made(fields);
        CHECK((rest.fault != Fault::none || parsed(rest) == Fault::connect_not_wanted));
    }
    List get = asked("websocket");
    get[0].second = "GET";
    CHECK(made(get).fault == Fault::bad_method);
}

TEST_CASE("h2 head: there is always room for the key of a WebSocket") {
    const std::string key(24, 'k');
    for (std::size_t more = 0; more < 200; ++more) {
        http::HeadLimits limits;
        limits.head_bytes_max = 1'000;
        RequestText text;
        text.begin(limits, true);
        for (const auto& [name, value] :
             List{{":method", "CONNECT"}, {":protocol", "websocket"}, {":scheme", "https"}, {":path", "/"}}) {
            REQUIRE(text.add(name, value) == Verdict::kept);
        }
        REQUIRE(text.add(":authority", "a.test") == Verdict::kept);
        REQUIRE(text.add("x", std::string(750 + more, 'v')) == Verdict::kept);
        const Fault fault = text.finish(false);
        CHECK((fault == Fault::none || fault == Fault::head_too_long));
        if (fault == Fault::none) {
            text.add_websocket_key(key);
            CHECK(text.text().size() <= limits.head_bytes_max);
        }
        CHECK((more > 0 || fault == Fault::none));
        CHECK((more < 199 || fault == Fault::head_too_long));
    }
}

TEST_CASE("h2 head: beyond its bound a head is 431, beyond twice that its stream ends") {
    http::HeadLimits limits;
    limits.head_bytes_max = 1'000;
    const std::size_t line = make(usual).text.size();
    const std::string fits(limits.head_bytes_max - line - 5, 'v');  // "x: " and a line end
    CHECK(make(with(usual, {{"x", fits}}), false, limits).fault == Fault::none);
    CHECK(make(with(usual, {{"x", fits + 'v'}}), false, limits).fault == Fault::head_too_long);
    CHECK(make(with(usual, {{"cookie", fits}}), false, limits).fault == Fault::head_too_long);

    List many = usual;
    std::size_t counted = 0;
    for (const auto& [name, value] : usual) {
        counted += name.size() + value.size() + 32;
    }
    while (counted + 33 <= head_excess_max * limits.head_bytes_max) {
        many.emplace_back("x", "");
        counted += 33;
    }
    CHECK(make(many, false, limits).verdict == Verdict::kept);
    CHECK(make(with(many, {{"x", ""}}), false, limits).verdict == Verdict::too_much);
}

TEST_CASE("h2 head: trailers are the end of a chunked body") {
    RequestText text;
    text.begin_trailers();
    CHECK(text.add("grpc-status", "0") == Verdict::kept);
    CHECK(text.add(":path", "/") == Verdict::malformed);
    CHECK(text.finish(false) == Fault::none);
    CHECK(text.text() == "0\r\ngrpc-status: 0\r\n\r\n");
    text.begin_trailers();
    CHECK(text.add("x", std::string(limits::http_trailers_max, 'v')) == Verdict::kept);
    CHECK(text.finish(false) == Fault::trailers_too_long);
}

}  // namespace ferrotunnel::h2
