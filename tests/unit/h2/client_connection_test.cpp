#include "h2/client_connection.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/h2_backend.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::h2;
using test::H2Backend;
using test::H2Fields;

namespace {

// The two ends in one place. Bytes of the tunnel wait in `input`, and those of answers come to `answers`, as far as the
// tunnel takes them.
struct Pair {
    explicit Pair(std::uint32_t window = 65'535) : backend(window) {}

    // Passes everything on, in pieces of at most `piece` bytes, until nothing moves.
    void run() {
        for (bool moves = true; moves;) {
            moves = take();
            moves = to_backend() || moves;
            moves = from_backend() || moves;
            moves = give() || moves;
        }
    }
    void ask(std::string_view bytes) {
        input.append(bytes);
        run();
    }
    bool take() {
        const std::size_t size = std::min(piece, input.size());
        const std::size_t taken = size == 0 ? 0 : client.take(as_bytes(std::string_view(input).substr(0, size)));
        input.erase(0, taken);
        return taken > 0;
    }
    bool to_backend() {
        const Bytes output = client.output();
        if (output.empty() || backend_is_stuck) {
            return false;
        }
        const std::size_t size = std::min(piece, output.size());
        CHECK(backend.receive(as_text(output.first(size))));
        client.sent(size);
        return true;
    }
    bool from_backend() {
        wire += backend.output();
        if (wire.empty() || !client.may_receive()) {
            return false;
        }
        const std::size_t size = std::min(piece, wire.size());
        client.receive(as_bytes(std::string_view(wire).substr(0, size)));
        wire.erase(0, size);
        return true;
    }
    bool give() {
        std::vector<std::uint8_t> room(std::min<std::size_t>({piece, tunnel_takes, std::size_t{16'376}}));
        const std::size_t given = room.empty() ? 0 : client.give(room);
        answers.append(as_text(Bytes(room).first(given)));
        tunnel_takes -= given;
        return given > 0;
    }
    std::string taken_answers() { return std::exchange(answers, {}); }

    ClientConnection client{"http"};
    H2Backend backend;
    std::size_t piece = SIZE_MAX;
    std::size_t tunnel_takes = SIZE_MAX;
    bool backend_is_stuck = false;
    std::string input;
    std::string wire;
    std::string answers;
};

std::string text_of_size(std::size_t size) {
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>('a' + i * 7 % 26);
    }
    return text;
}

// The body of an answer in chunks, and what follows it.
std::pair<std::string, std::string> unchunked(std::string_view text) {
    std::string body;
    while (true) {
        const std::size_t line = text.find("\r\n");
        const std::size_t size = std::stoul(std::string(text.substr(0, line)), nullptr, 16);
        text.remove_prefix(line + 2);
        if (size == 0) {
            return {body, std::string(text)};
        }
        body += text.substr(0, size);
        CHECK(text.substr(size, 2) == "\r\n");
        text.remove_prefix(size + 2);
    }
}

const std::string get = "GET /a?b=c HTTP/1.1\r\nHost: App.Example.com\r\nX-One: 1\r\n\r\n";
const H2Fields ok{{":status", "200"}, {"content-type", "text/plain"}};

}  // namespace

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

TEST_CASE("fields of one connection stay behind, TE with trailers goes on") {
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

TEST_CASE("an early answer: the rest of the request goes nowhere") {
    Pair pair;
    pair.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    pair.backend.answer(1, {{":status", "413"}}, true);
    pair.run();
    pair.backend.reset(1, NGHTTP2_NO_ERROR);
    pair.run();
    CHECK(pair.taken_answers() == "HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\n\r\n");
    CHECK_FALSE(pair.client.failure());
    pair.ask("3\r\nabc\r\n0\r\n\r\n" + get);
    CHECK(pair.backend.streams.at(1).body == "hello");
    CHECK(pair.backend.streams.at(3).field(":path") == "/a?b=c");
}

TEST_CASE("resets of the backend") {
    SECTION("before the answer") {
        Pair pair;
        pair.ask(get);
        pair.backend.reset(1, NGHTTP2_INTERNAL_ERROR);
        pair.run();
        REQUIRE(pair.client.failure());
        CHECK(pair.client.failure()->why == "the stream was reset: INTERNAL_ERROR");
        CHECK_FALSE(pair.client.failure()->is_unprocessed);
        CHECK_FALSE(pair.client.is_answered());
    }
    SECTION("refused: nobody has acted on the request") {
        Pair pair;
        pair.ask(get);
        pair.backend.reset(1, NGHTTP2_REFUSED_STREAM);
        pair.run();
        REQUIRE(pair.client.failure());
        CHECK(pair.client.failure()->is_unprocessed);
    }
    SECTION("within the answer") {
        Pair pair;
        pair.ask(get);
        pair.backend.answer(1, ok);
        pair.backend.say(1, "abc");
        pair.run();
        pair.backend.reset(1, NGHTTP2_CANCEL);
        pair.run();
        CHECK(pair.client.failure());
        CHECK(pair.client.is_answered());
    }
    SECTION("a body that its length does not fit") {
        Pair pair;
        pair.ask(get);
        pair.backend.answer(1, {{":status", "200"}, {"content-length", "3"}});
        pair.backend.say(1, "abcd");
        pair.backend.end(1);
        pair.run();
        CHECK(pair.client.failure());
    }
}

TEST_CASE("GOAWAY") {
    SECTION("a request that it leaves out may be sent elsewhere") {
        Pair pair;
        pair.ask(get);
        pair.backend.go_away(0);
        pair.run();
        REQUIRE(pair.client.failure());
        CHECK(pair.client.failure()->is_unprocessed);
    }
    SECTION("one that it lets in is answered, and is the last one") {
        Pair pair;
        pair.ask(get);
        pair.backend.go_away(1);
        pair.run();
        CHECK(pair.client.is_last());
        CHECK_FALSE(pair.client.is_idle());
        pair.backend.answer(1, {{":status", "204"}}, true);
        pair.run();
        CHECK(pair.answers == "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
        CHECK(pair.client.is_idle());
        pair.ask(get);
        CHECK(pair.input == get);
    }
    SECTION("between requests") {
        Pair pair;
        pair.run();
        pair.backend.go_away(0);
        pair.run();
        CHECK(pair.client.is_last());
        CHECK(pair.client.is_idle());
        CHECK_FALSE(pair.client.failure());
    }
}

TEST_CASE("a visitor who goes is told to the backend") {
    Pair pair;
    pair.ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    pair.client.leave();
    pair.to_backend();
    CHECK(pair.backend.streams.at(1).closed);
    CHECK(pair.backend.streams.at(1).code == NGHTTP2_CANCEL);
    CHECK(pair.backend.goaways == 1);
    CHECK_FALSE(pair.client.failure());
}

TEST_CASE("a backend that speaks something else") {
    struct Case {
        std::string says, why;
    };
    for (const Case& one : {Case{"HTTP/1.1 400 Bad Request\r\n\r\n", "it speaks HTTP/1.1 and not HTTP/2"},
                            Case{"220 mail.example.com ESMTP\r\n", "it does not speak HTTP/2"},
                            Case{"", "it has closed the connection before it spoke HTTP/2"}}) {
        ClientConnection client("http");
        (void)client.take(as_bytes(get));
        client.receive(as_bytes(one.says));
        client.receive_end();
        REQUIRE(client.failure());
        CHECK(client.failure()->why.find(one.why) == 0);
        CHECK(client.failure()->is_other_protocol);
        CHECK_FALSE(client.has_spoken());
    }
}

TEST_CASE("the end of a backend's connection") {
    Pair pair;
    pair.ask(get);
    pair.backend.answer(1, ok);
    pair.run();
    SECTION("within an answer cuts it") {
        pair.client.receive_end();
        CHECK(pair.client.failure());
    }
    SECTION("behind one is an end in order") {
        pair.backend.end(1);
        pair.run();
        pair.client.receive_end();
        CHECK_FALSE(pair.client.failure());
        CHECK(pair.client.is_last());
        CHECK(pair.client.is_idle());
    }
}

TEST_CASE("bounds of what a backend sends") {
    Pair pair;
    pair.ask(get);
    SECTION("fields of a head") {
        H2Fields many{{":status", "200"}};
        for (std::size_t i = 0; i < limits::h2_backend_fields_max; ++i) {
            many.emplace_back("x-" + std::to_string(i), "1");
        }
        pair.backend.answer(1, many, true);
        pair.run();
        CHECK(pair.client.failure());
    }
    SECTION("bytes of a head") {
        pair.backend.answer(1, {{":status", "200"}, {"x", text_of_size(40'000)}, {"y", text_of_size(30'000)}}, true);
        pair.run();
        CHECK(pair.client.failure());
    }
    SECTION("interim answers that nobody takes") {
        pair.tunnel_takes = 0;
        for (int i = 0; i < 100; ++i) {
            pair.backend.interim(1, {{":status", "103"}, {"link", text_of_size(10'000)}});
        }
        pair.piece = 4'096;
        pair.run();
        CHECK_FALSE(pair.client.may_receive());
        pair.tunnel_takes = SIZE_MAX;
        pair.run();
        CHECK(pair.client.may_receive());
        CHECK(pair.answers.size() > 1'000'000);
    }
    SECTION("what the library answers, while the backend does not read") {
        pair.backend_is_stuck = true;
        pair.piece = 4'096;
        for (int i = 0; i < 20'000 && pair.client.may_receive(); ++i) {
            nghttp2_submit_ping(pair.backend.session.get(), NGHTTP2_FLAG_NONE, nullptr);
            pair.run();
        }
        CHECK_FALSE(pair.client.may_receive());
        CHECK(pair.client.output().size() <= limits::h2_backend_output_stop + 17 * 4'096);
    }
}

TEST_CASE("a head that the edge should not have sent is answered, and is the last one") {
    Pair pair;
    pair.ask("GET / HTTP/1.1\r\n\r\n");
    CHECK(pair.answers == "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    CHECK(pair.client.is_idle());
    CHECK(pair.client.is_last());
}
