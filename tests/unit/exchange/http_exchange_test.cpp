#include "exchange/http_exchange.hpp"

#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress::test;

TEST_CASE("a request is sent again to the backend, and its answer to the visitor") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor = rig.visit(
        "GET /path?x=1 HTTP/1.1\r\nHost: APP.test.\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: x-own, close\r\n"
        "X-Own: 1\r\nX-Kept: yes\r\n\r\n");
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.start == "GET /path?x=1 HTTP/1.1");
    CHECK(request.field("x-kept") == "yes");
    CHECK_FALSE(request.has("x-own"));
    CHECK(request.field("x-forwarded-for") == "127.0.0.1");
    CHECK(request.field("x-forwarded-proto") == "http");
    CHECK(request.field("x-request-id").size() == 15);
    backend.send(answer("hello", "X-Backend: 1\r\nConnection: x-secret\r\nX-Secret: 2\r\n"));
    const Message response = visitor.read_message();
    CHECK(response.status() == 200);
    CHECK(response.body == "hello");
    CHECK(response.field("x-backend") == "1");
    CHECK_FALSE(response.has("x-secret"));
    CHECK(response.field("x-request-id") == request.field("x-request-id"));
    CHECK(response.field("connection") == "close");
    CHECK(visitor.read_to_end().empty());
    CHECK_FALSE(visitor.was_reset());
}

TEST_CASE("the backend gets the path in canonical form, and all else as it was written") {
    EdgeRig rig;
    for (const auto& [target, sent] :
         std::vector<std::pair<std::string, std::string>>{{"/public/../secret?x=/../%61", "/secret?x=/../%61"},
                                                          {"/login/.", "/login/"},
                                                          {"/a/%7Eb%2f%2B", "/a/~b%2f%2B"},
                                                          {"http://app.test/x/../y", "/y"},
                                                          {"//a;b/%2B", "//a;b/%2B"}}) {
        CAPTURE(target);
        Peer visitor = rig.visit("GET " + target + " HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");
        Peer backend = rig.backend.accept();
        CHECK(backend.read_message().start == "GET " + sent + " HTTP/1.1");
        backend.send(answer("ok", "Connection: close\r\n"));
        CHECK(visitor.read_message().body == "ok");
    }
}

TEST_CASE("an answer to HEAD has the length and no body, and the connection continues") {
    EdgeRig rig;
    Peer visitor = rig.visit("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().start == "HEAD / HTTP/1.1");
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n");
    const Message response = visitor.read_message(true);
    CHECK(response.field("content-length") == "12345");
    visitor.send(get("/next"));
    CHECK(backend.read_message().start == "GET /next HTTP/1.1");
    backend.send(answer("next"));
    CHECK(visitor.read_message().body == "next");
}

TEST_CASE("chunked bodies are framed again both ways, with their trailers and without extensions") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor =
        rig.visit("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n");
    Peer backend = rig.backend.accept();
    backend.read_until("\r\n\r\n");
    CHECK(backend.read_exactly(10) == "5\r\nhello\r\n");  // at once, and not when more comes
    visitor.send("6\r\n world\r\n0\r\nX-Sum: 7\r\n\r\n");
    CHECK(backend.read_until("\r\n0\r\n") == "6\r\n world\r\n0\r\n");
    CHECK(backend.read_until("\r\n\r\n") == "X-Sum: 7\r\n\r\n");
    backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n3;a=b\r\nabc\r\n");
    visitor.read_until("\r\n\r\n");
    CHECK(visitor.read_exactly(8) == "3\r\nabc\r\n");
    backend.send("0\r\nX-End: 1\r\n\r\n");
    CHECK(visitor.read_until("\r\n\r\n") == "0\r\nX-End: 1\r\n\r\n");
    visitor.send(get());
    CHECK(backend.read_message().start == "GET / HTTP/1.1");  // both connections continue
}

TEST_CASE("an answer that lasts until the backend closes is chunked towards 1.1, and closes towards 1.0") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 200 OK\r\n\r\nsome text");
    backend.close();
    Message response = visitor.read_message();
    CHECK(response.field("transfer-encoding") == "chunked");
    CHECK(response.body == "some text");
    CHECK(response.complete);

    Peer old = rig.visit("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    Peer second = rig.backend.accept_request();
    second.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    response = old.read_message();
    CHECK_FALSE(response.has("transfer-encoding"));
    CHECK(response.body == "abc");
    CHECK(response.complete);
}

TEST_CASE("interim responses are passed on, but not to 1.0") {
    EdgeRig rig;
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    Peer backend = rig.backend.accept();
    CHECK(backend.read_until("\r\n\r\n").find("100-continue") != std::string::npos);
    backend.send("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(visitor.read_message().status() == 100);
    visitor.send("hello");
    CHECK(backend.read_exactly(5) == "hello");
    backend.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + answer("done"));
    const Message hints = visitor.read_message();
    CHECK(hints.status() == 103);
    CHECK(hints.field("link") == "</a.css>");
    CHECK(visitor.read_message().body == "done");

    Peer old = rig.visit("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    CHECK(backend.read_message().start == "GET / HTTP/1.1");
    backend.send("HTTP/1.1 103 Early Hints\r\n\r\n" + answer("old"));
    CHECK(old.read_message().body == "old");
}

TEST_CASE("as many interim responses as may come are passed on") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    std::string many;
    for (std::uint32_t i = 0; i < limits::http_interims_max; ++i) {
        many += "HTTP/1.1 103 Early Hints\r\n\r\n";
    }
    backend.send(many + answer("here"));
    for (std::uint32_t i = 0; i < limits::http_interims_max; ++i) {
        REQUIRE(visitor.read_message().status() == 103);
    }
    CHECK(visitor.read_message().body == "here");
}

TEST_CASE("a backend that sends interim responses for ever does not answer") {
    EdgeRig rig;
    Peer visitor = rig.visit("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.backend.accept_request();
    std::string endless;
    for (std::uint32_t i = 0; i <= limits::http_interims_max; ++i) {
        endless += "HTTP/1.1 103 Early Hints\r\n\r\n";
    }
    backend.send(endless);
    const Message response = visitor.read_message();
    CHECK(response.status() == 502);
    CHECK(response.field("x-ferrotunnel-error") == "too_many_interim");
}

TEST_CASE("a final answer instead of 100 (Continue) ends the visitor's connection, and the backend's") {
    EdgeRig rig;
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_until("\r\n\r\n");
    backend.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno");
    const Message response = visitor.read_message();
    CHECK(response.status() == 401);
    CHECK(response.body == "no");
    CHECK(response.field("connection") == "close");
    CHECK(visitor.read_to_end().empty());
    CHECK(backend.read_to_end().empty());
    CHECK(rig.pooled() == 0);
}

TEST_CASE("a request hidden in a body whose backend answered early never reaches a backend") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    const std::string hidden = get("/hidden");
    visitor.send("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_until("\r\n\r\n");
    backend.send(answer("early"));
    const Message response = visitor.read_message();
    CHECK(response.body == "early");
    CHECK(response.field("connection") == "close");
    visitor.send_what_fits(hidden);
    CHECK(visitor.read_to_end().empty());
    CHECK(backend.read_to_end().empty());  // the connection ends, in whatever way, and nothing more comes
    CHECK_FALSE(rig.backend.comes(50));
}

TEST_CASE("a truncated answer never looks complete") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    SECTION("by its length") {
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
        backend.close();
        const Message response = visitor.read_message();
        CHECK(response.body == "only this");
        CHECK_FALSE(response.complete);
    }
    SECTION("by its chunks") {
        backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        backend.close();
        const Message response = visitor.read_message();
        CHECK(response.body == "hello");
        CHECK_FALSE(response.complete);
    }
    SECTION("by a reset of what lasts until the close") {
        backend.send("HTTP/1.1 200 OK\r\n\r\nhello");
        CHECK(visitor.read_until("hello").find("hello") != std::string::npos);
        backend.reset();
        CHECK(visitor.read_to_end().find("0\r\n\r\n") == std::string::npos);
    }
    SECTION("by chunks that are none") {
        backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n");
        CHECK_FALSE(visitor.read_message().complete);
    }
    CHECK(rig.counters().answers_cut == 1);
    CHECK(rig.log.count("a response was aborted") == 1);
}

TEST_CASE("a truncated answer that lasts until the close resets a visitor of 1.0") {
    EdgeRig rig;
    Peer visitor = rig.visit("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    backend.close();
    (void)visitor.read_to_end();
    CHECK(visitor.was_reset());
}

TEST_CASE("requests of one connection may go to different services") {
    EdgeRig rig;
    BackendPort other;
    rig.add_service("other.test", 2, other.place());
    Peer visitor = rig.visit(get("/a") + ask("other.test", "/b") + get("/c"));
    Peer first = rig.backend.accept();
    CHECK(first.read_message().start == "GET /a HTTP/1.1");
    first.send(answer("a"));
    Peer second = other.accept();
    CHECK(second.read_message().start == "GET /b HTTP/1.1");
    second.send(answer("b"));
    CHECK(first.read_message().start == "GET /c HTTP/1.1");
    first.send(answer("c"));
    CHECK(visitor.read_message().body == "a");
    CHECK(visitor.read_message().body == "b");
    CHECK(visitor.read_message().body == "c");
}

TEST_CASE("a carrier without room is not the last one") {
    EdgeRig rig;
    auto second = std::make_shared<PairCarrier>(rig.pair);
    rig.join(described("app.test"), 1, second);
    rig.carrier->refuse_next = 1;
    second->refuse_next = 0;
    for (int i = 0; i < 2; ++i) {
        Peer visitor = rig.visit(get("/", "Connection: close\r\n"));
        Peer backend = rig.backend.accept_request();
        backend.send(answer("ok", "Connection: close\r\n"));
        CHECK(visitor.read_message().body == "ok");
    }
    CHECK(rig.carrier->refuse_next == 0);
}
