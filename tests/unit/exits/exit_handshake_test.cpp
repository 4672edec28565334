#include "exits/exit_handshake.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "exits/limits.hpp"
#include "http/request_parser.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exits;
using namespace std::string_literals;
using State = ExitHandshake::State;

namespace {

const std::vector<User> nobody;
const std::vector<User> ann{{"ann", "secret"}, {"bob", "other"}};

struct Run {
    State state;
    std::string output;
    std::string target;
    std::string preamble;
    std::string rest;  // of the input
    bool wrong_login;

    friend bool operator==(const Run&, const Run&) = default;
};

Run run_by(const std::vector<User>& users, const std::string& input, std::size_t piece) {
    ExitHandshake conversation(users);
    std::size_t at = 0;
    while (at < input.size() && conversation.state() == State::reading) {
        const std::string_view next = std::string_view(input).substr(at, piece);
        at += conversation.receive(as_bytes(next));
    }
    return {conversation.state(),         conversation.take_output(), net::to_text(conversation.target()),
            conversation.take_preamble(), input.substr(at),           conversation.is_wrong_login()};
}

// The outcome does not depend on how the bytes arrive; but what is refused takes all that has come with it.
Run run(const std::vector<User>& users, const std::string& input) {
    const Run whole = run_by(users, input, input.size());
    for (const std::size_t piece : {1, 2, 3, 7}) {
        Run cut = run_by(users, input, piece);
        if (cut.state == State::refused) {
            cut.rest = whole.rest;
        }
        CHECK(cut == whole);
    }
    return whole;
}

const std::string no_login = "\x05\x01\x00"s;
const std::string with_login = "\x05\x02\x00\x02\x01\x03"s + "ann\x06secret";
std::string ask(const std::string& destination, char command = 1) {
    return "\x05"s + command + '\0' + destination;
}
const std::string to_name = "\x03\x0b"s + "Example.com\x01\xbb";

}  // namespace

TEST_CASE("SOCKS5: a name, an IPv4 and an IPv6 address, and bytes behind the request") {
    Run got = run(nobody, no_login + ask(to_name) + "early");
    CHECK(got.state == State::requested);
    CHECK(got.target == "example.com:443");
    CHECK(got.rest == "early");
    CHECK(got.output == "\x05\x00"s);
    CHECK(run(nobody, no_login + ask("\x01\xc0\x00\x02\x07\x00\x50"s)).target == "192.0.2.7:80");
    CHECK(run(nobody, no_login + ask("\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x50"s)).target ==
          "[2001:db8::1]:80");
    CHECK(run(nobody, no_login + ask("\x04\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01\x00\x50"s)).target ==
          "127.0.0.1:80");
    CHECK(run(nobody, no_login + ask("\x03\x09"s + "127.0.0.1" + "\x00\x50"s)).target == "127.0.0.1:80");
}

TEST_CASE("SOCKS5: a login where there are users, and none where there are not") {
    const Run right = run(ann, with_login + ask(to_name));
    CHECK(right.state == State::requested);
    CHECK(right.output == "\x05\x02\x01\x00"s);
    const Run wrong = run(ann, "\x05\x01\x02\x01\x03"s + "ann\x05other" + ask(to_name));
    CHECK(wrong.state == State::refused);
    CHECK(wrong.wrong_login);
    CHECK(wrong.output == "\x05\x02\x01\x01"s);
    CHECK(run(ann, no_login + ask(to_name)).output == "\x05\xff"s);
    CHECK(run(nobody, "\x05\x01\x02"s).output == "\x05\xff"s);
    CHECK(run(ann, "\x05\x01\x02\x05"s).state == State::refused);
    CHECK(run(ann, "\x05\x01\x02\x01\x00\x00"s).wrong_login);
}

TEST_CASE("SOCKS5: what is not supported, and what is broken") {
    CHECK(run(nobody, no_login + ask(to_name, 2)).output.substr(2, 2) == "\x05\x07");
    CHECK(run(nobody, no_login + ask(to_name, 3)).output.substr(2, 2) == "\x05\x07");
    CHECK(run(nobody, no_login + ask("\x02zzzzzzz"s)).output.substr(2, 2) == "\x05\x08");
    CHECK(run(nobody, no_login + ask("\x03\x03"s + "a.." + "\x00\x50"s)).output.substr(2, 2) == "\x05\x01");
    CHECK(run(nobody, no_login + ask("\x01\xc0\x00\x02\x07\x00\x00"s)).output.substr(2, 2) == "\x05\x01");
    CHECK(run(nobody, no_login + "\x04\x01"s).state == State::refused);
}

TEST_CASE("the answers of both protocols") {
    const auto answer = [](const std::string& input, bool granted, Refusal why = Refusal::busy) {
        ExitHandshake conversation(nobody);
        conversation.receive(as_bytes(input));
        REQUIRE(conversation.state() == State::requested);
        (void)conversation.take_output();
        granted ? conversation.grant() : conversation.refuse(why);
        CHECK(conversation.state() == (granted ? State::granted : State::refused));
        return conversation.take_output();
    };
    const std::string socks = no_login + ask(to_name);
    const std::string http = "CONNECT a.com:443 HTTP/1.1\r\nHost: a.com:443\r\n\r\n";
    CHECK(answer(socks, true) == "\x05\x00\x00\x01\0\0\0\0\0\0"s);
    CHECK(answer(socks, false, Refusal::not_allowed)[1] == 2);
    CHECK(answer(socks, false, Refusal::no_such_name)[1] == 4);
    CHECK(answer(socks, false, Refusal::refused)[1] == 5);
    CHECK(answer(socks, false, Refusal::busy)[1] == 1);
    CHECK(answer(http, true) == "HTTP/1.1 200 Connection established\r\n\r\n");
    CHECK(answer(http, false, Refusal::not_allowed).starts_with("HTTP/1.1 403 "));
    CHECK(answer(http, false, Refusal::refused).starts_with("HTTP/1.1 502 "));
    CHECK(answer(http, false, Refusal::timeout).starts_with("HTTP/1.1 504 "));
    CHECK(answer(http, false).starts_with("HTTP/1.1 503 "));
    CHECK(answer("GET http://a.com/ HTTP/1.1\r\nHost: a.com\r\n\r\n", true).empty());
}

TEST_CASE("HTTP: CONNECT, with and without a login") {
    const std::string connect = "CONNECT Example.com:443 HTTP/1.1\r\nHost: Example.com:443\r\n";
    const Run got = run(nobody, connect + "\r\nearly");
    CHECK((got.state == State::requested && got.target == "example.com:443" && got.rest == "early"));
    CHECK(got.preamble.empty());
    CHECK(run(nobody, "CONNECT [::1]:22 HTTP/1.1\r\nHost: [::1]:22\r\n\r\n").target == "[::1]:22");
    const Run none = run(ann, connect + "\r\n");
    CHECK(none.output.starts_with("HTTP/1.1 407 "));
    CHECK(none.output.find("Proxy-Authenticate: Basic") != std::string::npos);
    CHECK_FALSE(none.wrong_login);
    CHECK(run(ann, connect + "Proxy-Authorization: basic YW5uOnNlY3JldA==\r\n\r\n").state == State::requested);
    for (const char* wrong : {"Basic YW5uOm90aGVy", "Basic ****", "Basic YW5u", "Basic YW5uOnNlY3JldA="}) {
        const Run refused = run(ann, connect + "Proxy-Authorization: " + wrong + "\r\n\r\n");
        CHECK((refused.output.starts_with("HTTP/1.1 407 ") && refused.wrong_login));
    }
    CHECK(run(nobody, "CONNECT a.com HTTP/1.1\r\nHost: a.com\r\n\r\n").output.starts_with("HTTP/1.1 400 "));
    CHECK(run(nobody, "GET / HTTP/1.1\r\nHost: a.com\r\n\r\n").output.starts_with("HTTP/1.1 501 "));
    CHECK(run(nobody, "GET https://a.com/ HTTP/1.1\r\nHost: a.com\r\n\r\n").output.starts_with("HTTP/1.1 501 "));
}

TEST_CASE("HTTP: a request for a URL is written again for its destination") {
    const Run got = run(ann,
                        "POST http://Example.com:8080/a?b HTTP/1.1\r\nHost: Example.com:8080\r\nX-Hop: 1\r\n"
                        "Proxy-Authorization: Basic YW5uOnNlY3JldA==\r\nProxy-Connection: keep-alive\r\n"
                        "Connection: X-Hop, close\r\nContent-Length: 4\r\nAccept: */*\r\n\r\nbody");
    CHECK(got.state == State::requested);
    CHECK(got.target == "example.com:8080");
    CHECK(got.rest == "body");
    CHECK(got.preamble ==
          "POST /a?b HTTP/1.1\r\nHost: Example.com:8080\r\nContent-Length: 4\r\nAccept: */*\r\nConnection: "
          "close\r\n\r\n");
    const Run short_one = run(nobody, "GET http://a.com HTTP/1.0\r\nHost: a.com\r\n\r\n");
    CHECK(short_one.target == "a.com:80");
    CHECK(short_one.preamble == "GET / HTTP/1.0\r\nHost: a.com\r\nConnection: close\r\n\r\n");
    CHECK(
        run(nobody, "GET http://a.com?q HTTP/1.1\r\nHost: a.com\r\n\r\n").preamble.starts_with("GET /?q HTTP/1.1\r\n"));
}

TEST_CASE("limit: the bytes of a handshake, and the fields of a request") {
    const std::string line = "CONNECT a.com:443 HTTP/1.1\r\nHost: a.com:443\r\nX: ";
    const std::string fits = line + std::string(limits::exit_head_max - line.size() - 4, 'x') + "\r\n\r\n";
    REQUIRE(fits.size() == limits::exit_head_max);
    CHECK(run_by(nobody, fits, 100).state == State::requested);
    const Run over = run_by(nobody, line + std::string(limits::exit_head_max, 'x'), 100);
    CHECK(over.output.starts_with("HTTP/1.1 431 "));
    // What is sent on is a request as well for whoever takes as many fields as we do.
    std::string many = "GET http://a.com/ HTTP/1.1\r\nHost: a.com\r\n";
    for (std::size_t fields = 1; fields < limits::exit_fields_max; ++fields) {
        many += "X: y\r\n";
    }
    const Run most = run(nobody, many + "\r\n");
    REQUIRE(most.state == State::requested);
    http::RequestParser parser;
    CHECK(parser.parse(most.preamble) == http::ParseState::complete);
    CHECK(parser.head().fields.size() == limits::http_fields_max);
    CHECK(run(nobody, many + "X: y\r\n\r\n").output.starts_with("HTTP/1.1 431 "));
    // The longest of SOCKS5.
    const std::string methods = "\x05\xff"s + std::string(254, '\x09') + '\x02';
    const std::string login = "\x01\xff"s + std::string(255, 'n') + '\xff' + std::string(255, 'p');
    const std::string name =
        std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' + std::string(61, 'd');
    const std::vector<User> longest{{std::string(255, 'n'), std::string(255, 'p')}};
    CHECK(run(longest, methods + login + ask("\x03\xfd"s + name + "\x00\x50"s)).target == name + ":80");
}

TEST_CASE("a login is that of one user as a whole") {
    CHECK(is_login(ann, "ann", "secret"));
    CHECK(is_login(ann, "bob", "other"));
    CHECK_FALSE(is_login(ann, "ann", "other"));
    CHECK_FALSE(is_login(ann, "ann", "secre"));
    CHECK_FALSE(is_login(ann, "ann", "secret\0"s));
    CHECK_FALSE(is_login(ann, "", ""));
    CHECK_FALSE(is_login(nobody, "", ""));
    CHECK_FALSE(is_login({{"a", std::string(255, 'p')}}, "a", std::string(256, 'p')));
}
