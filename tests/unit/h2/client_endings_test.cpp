// How exchanges with a backend in HTTP/2 end, in order and otherwise, and the bounds of what it sends.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "unit/h2/client_pair.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::h2;
using namespace ferrotunnel::h2::test;

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
                            Case{"", "it closed the connection before it sent any HTTP/2"}}) {
        ClientConnection client("http");
        (void)client.feed(as_bytes(get));
        client.receive(as_bytes(one.says));
        client.receive_end();
        REQUIRE(client.failure());
        CHECK(client.failure()->why.find(one.why) == 0);
        CHECK(client.failure()->is_not_http2);
        CHECK_FALSE(client.has_spoken_http2());
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
