// Requests and answers of a backend that speaks HTTP/2: what becomes of them, and how fast they go.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "unit/h2/client_pair.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::h2;
using namespace ferrotunnel::h2::test;

TEST_CASE("a request without a body, and an answer with a length") {
    Pair pair;
    pair.backend.on_request = [&](std::int32_t id) {
        pair.backend.answer(id,
                            {{":status", "200"}, {"content-length", "5"}, {"set-cookie", "a"}, {"set-cookie", "b"}});
        pair.backend.say(id, "hello");
        pair.backend.end(id);
    };
    pair.ask(get);
    const H2Backend::Stream& asked = pair.backend.streams.at(1);
    CHECK(asked.fields == H2Fields{{":method", "GET"},
                                   {":scheme", "http"},
                                   {":authority", "App.Example.com"},
                                   {":path", "/a?b=c"},
                                   {"x-one", "1"}});
    CHECK(asked.ended);
    CHECK(pair.answers == "HTTP/1.1 200 OK\r\nset-cookie: a\r\nset-cookie: b\r\ncontent-length: 5\r\n\r\nhello");
    CHECK(pair.client.is_idle());
    CHECK_FALSE(pair.client.is_last());
    CHECK_FALSE(pair.client.failure());
}

TEST_CASE("fields of one connection stay behind, TE with trailers continues") {
    Pair pair;
    pair.ask(
        "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE, X-Hop, Upgrade\r\nX-Hop: 1\r\nUpgrade: "
        "websocket\r\n"
        "Keep-Alive: 5\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    CHECK(pair.backend.streams.at(1).fields == H2Fields{{":method", "POST"},
                                                        {":scheme", "http"},
                                                        {":authority", "a"},
                                                        {":path", "/"},
                                                        {"expect", "100-continue"},
                                                        {"content-length", "2"},
                                                        {"te", "trailers"}});
    pair.backend.interim(1, {{":status", "100"}});
    pair.run();
    CHECK(pair.taken_answers() == "HTTP/1.1 100 Continue\r\n\r\n");
    pair.ask("hi");
    CHECK(pair.backend.streams.at(1).body == "hi");
    CHECK(pair.backend.streams.at(1).ended);
}

TEST_CASE("answers without a body") {
    struct Case {
        std::string method, status, length, expected;
    };
    for (const Case& one : {Case{"HEAD", "200", "7", "HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n"},
                            Case{"GET", "204", "", "HTTP/1.1 204 No Content\r\n\r\n"},
                            Case{"GET", "204", "5", "HTTP/1.1 204 No Content\r\n\r\n"},
                            Case{"GET", "204", "0", "HTTP/1.1 204 No Content\r\n\r\n"},
                            Case{"GET", "304", "9", "HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n"},
                            Case{"GET", "200", "", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"}}) {
        Pair pair;
        H2Fields fields{{":status", one.status}};
        if (!one.length.empty()) {
            fields.emplace_back("content-length", one.length);
        }
        pair.ask(one.method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        pair.backend.answer(1, fields, true);
        pair.run();
        CHECK(pair.answers == one.expected);
        CHECK(pair.client.is_idle());
    }
}

TEST_CASE("gRPC: both directions at once, trailers, and answers of trailers alone") {
    Pair pair;
    pair.ask(
        "POST /s/m HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nContent-Type: application/grpc\r\n"
        "Transfer-Encoding: chunked\r\n\r\n");
    pair.backend.answer(1, {{":status", "200"}, {"content-type", "application/grpc"}});
    pair.backend.say(1, "first");
    pair.run();
    const std::string head = "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\r\n";
    CHECK(pair.taken_answers() == head + "5\r\nfirst\r\n");
    pair.ask("3\r\none\r\n");
    CHECK(pair.backend.streams.at(1).body == "one");
    pair.backend.say(1, "second");
    pair.run();
    CHECK(pair.taken_answers() == "6\r\nsecond\r\n");
    pair.ask("3\r\ntwo\r\n0\r\nX-Sum: 1\r\n\r\n");
    CHECK(pair.backend.streams.at(1).body == "onetwo");
    CHECK(pair.backend.streams.at(1).trailers == H2Fields{{"x-sum", "1"}});
    CHECK(pair.backend.streams.at(1).ended);
    pair.backend.end(1, {{"grpc-status", "0"}, {"grpc-message", ""}});
    pair.run();
    CHECK(pair.taken_answers() == "0\r\ngrpc-status: 0\r\ngrpc-message: \r\n\r\n");
    CHECK(pair.client.is_idle());

    pair.ask("POST /s/n HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    pair.backend.answer(3, {{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "12"}}, true);
    pair.run();
    CHECK(pair.answers ==
          "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 12\r\ncontent-length: 0\r\n\r\n");
    CHECK(pair.client.is_idle());
}

TEST_CASE("what moves does not depend on how it is cut") {
    const std::string body = text_of_size(3'000);
    std::string chunked;
    for (std::size_t at = 0; at < body.size(); at += 700) {
        const std::string_view part = std::string_view(body).substr(at, 700);
        chunked.append(part.size() == 700 ? "2bc" : "c8").append("\r\n").append(part).append("\r\n");
    }
    chunked += "0\r\nX-Sum: 9\r\n\r\n";
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64}, SIZE_MAX}) {
        Pair pair;
        pair.piece = piece;
        pair.backend.on_request_end = [&](std::int32_t id) {
            pair.backend.answer(id, ok);
            pair.backend.say(id, pair.backend.streams.at(id).body);
            pair.backend.end(id, {{"x-sum", "8"}});
        };
        for (std::int32_t id = 1; id < 7; id += 2) {
            pair.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked);
            CHECK(pair.backend.streams.at(id).body == body);
            CHECK(pair.backend.streams.at(id).trailers == H2Fields{{"x-sum", "9"}});
            const std::string answer = pair.taken_answers();
            const std::string head =
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n";
            REQUIRE(answer.substr(0, head.size()) == head);
            CHECK(unchunked(std::string_view(answer).substr(head.size())) ==
                  std::pair(body, std::string("x-sum: 8\r\n\r\n")));
            CHECK(pair.client.is_idle());
        }
    }
}

TEST_CASE("each body cut in two, at every place") {
    const std::string request =
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        Pair pair;
        pair.ask(request.substr(0, cut));
        pair.ask(request.substr(cut));
        CHECK(pair.backend.streams.at(1).body == "abcde");
        CHECK(pair.backend.streams.at(1).ended);
        CHECK(pair.input.empty());
    }
}

TEST_CASE("of a body is taken what the backend's window lets through") {
    Pair pair(1'000);
    pair.run();
    pair.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n");
    pair.backend_is_stuck = true;  // so it returns nothing
    pair.ask(text_of_size(200'000));
    CHECK(pair.input.size() == 199'000);
    pair.backend_is_stuck = false;
    pair.run();
    CHECK(pair.input.empty());
    CHECK(pair.backend.streams.at(1).body == text_of_size(200'000));
}

TEST_CASE("a backend that does not read leaves the body where it is") {
    Pair pair(100'000'000);
    pair.run();
    pair.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    nghttp2_session_set_local_window_size(pair.backend.session.get(), NGHTTP2_FLAG_NONE, 0, 100'000'000);
    pair.run();
    pair.backend_is_stuck = true;
    pair.ask(text_of_size(10'000'000));
    CHECK(pair.client.output().size() <= limits::h2_backend_output_max + 17'000);
    CHECK(pair.input.size() >= 10'000'000 - limits::h2_backend_output_max - 17'000);
    // It may have its answer taken meanwhile.
    pair.backend.answer(1, ok);
    pair.backend.say(1, "early");
    pair.run();
    CHECK(pair.answers.find("early") != std::string::npos);
    pair.backend_is_stuck = false;
    pair.run();
    CHECK(pair.backend.streams.at(1).body.size() == 10'000'000);
}

TEST_CASE("of an answer no more is kept than the window, however small its frames are") {
    Pair pair;
    pair.ask(get);
    pair.tunnel_takes = 0;
    pair.backend.answer(1, ok);
    pair.backend.say(1, text_of_size(3 * limits::h2_backend_window));
    pair.run();
    CHECK(pair.backend.streams.at(1).answer.size() == 2 * limits::h2_backend_window);
    pair.tunnel_takes = 100'000;
    pair.run();
    CHECK(pair.backend.streams.at(1).answer.size() >= 2 * limits::h2_backend_window - 100'000);
    pair.tunnel_takes = SIZE_MAX;
    pair.run();
    CHECK(pair.backend.streams.at(1).answer.empty());
    pair.backend.end(1);
    pair.run();
    const std::size_t head = pair.answers.find("\r\n\r\n") + 4;
    CHECK(unchunked(std::string_view(pair.answers).substr(head)).first == text_of_size(3 * limits::h2_backend_window));
}

TEST_CASE("windows come back whatever ends an exchange") {
    std::mt19937 random(7);
    Pair pair;
    const std::string part = text_of_size(90'000);  // a few of them are more than any window
    for (std::int32_t id = 1; id < 400; id += 2) {
        pair.piece = std::vector<std::size_t>{1'000, 16'384, 100'000, SIZE_MAX}[random() % 4];
        const bool has_rest = random() % 2 == 0;
        pair.ask(has_rest ? "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc" : get);
        pair.backend.answer(id, ok);
        pair.backend.say(id, part);
        pair.run();
        pair.backend.end(id);
        pair.run();
        if (has_rest) {
            pair.backend.reset(id, NGHTTP2_NO_ERROR);
            pair.run();
            CHECK_FALSE(pair.client.is_idle());
            pair.ask("defghij");
        }
        REQUIRE_FALSE(pair.client.failure());
        REQUIRE(pair.client.is_idle());
        const std::string answer = pair.taken_answers();
        REQUIRE(unchunked(std::string_view(answer).substr(answer.find("\r\n\r\n") + 4)).first == part);
    }
}
