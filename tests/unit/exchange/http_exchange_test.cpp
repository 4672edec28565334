#include "exchange/http_exchange.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "support/descriptors.hpp"
#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using namespace std::chrono_literals;

TEST_CASE("a request is sent anew to the backend, and its answer to the visitor") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor = rig.visit();
    visitor.send(
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

TEST_CASE("an answer to HEAD has the length and no body, and the connection goes on") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send("HEAD / HTTP/1.1\r\nHost: app.test\r\n\r\n");
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

TEST_CASE("chunked bodies are framed anew both ways, with their trailers and without extensions") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor = rig.visit();
    visitor.send("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n");
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
    CHECK(backend.read_message().start == "GET / HTTP/1.1");  // both connections go on
}

TEST_CASE("an answer that lasts until the backend closes is chunked towards 1.1, and closes towards 1.0") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\n\r\nsome text");
    backend.close();
    Message response = visitor.read_message();
    CHECK(response.field("transfer-encoding") == "chunked");
    CHECK(response.body == "some text");
    CHECK(response.complete);

    Peer old = rig.visit();
    old.send("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    Peer second = rig.backend.accept();
    second.read_message();
    second.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    response = old.read_message();
    CHECK_FALSE(response.has("transfer-encoding"));
    CHECK(response.body == "abc");
    CHECK(response.complete);
}

TEST_CASE("interim responses are passed on, but not to 1.0") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send("POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
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

    Peer old = rig.visit();
    old.send("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    CHECK(backend.read_message().start == "GET / HTTP/1.1");
    backend.send("HTTP/1.1 103 Early Hints\r\n\r\n" + answer("old"));
    CHECK(old.read_message().body == "old");
}

TEST_CASE("as many interim responses as may come are passed on") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
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
    Peer visitor = rig.visit();
    visitor.send("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_message();
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
    Peer visitor = rig.visit();
    visitor.send("POST / HTTP/1.1\r\nHost: app.test\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
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
    const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: app.test\r\n\r\n";
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
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
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
    CHECK(rig.log.count("an answer was cut") == 1);
}

TEST_CASE("a truncated answer that lasts until the close resets a visitor of 1.0") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send("GET / HTTP/1.0\r\nHost: app.test\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    backend.close();
    (void)visitor.read_to_end();
    CHECK(visitor.was_reset());
}

TEST_CASE("states that a visitor can meet have a status, a code and a line in the log") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    int status = 0;
    std::string code;
    SECTION("a host that nobody has registered") {
        visitor.send("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n");
        status = 404;
        code = "unknown_host";
    }
    SECTION("a host whose client has gone") {
        auto service = rig.add_service("away.test", 9, rig.backend.place());
        rig.directory->leave(*service, *rig.carrier, Clock::now());
        visitor.send("GET / HTTP/1.1\r\nHost: away.test\r\n\r\n");
        status = 503;
        code = "no_client";
    }
    SECTION("no room on any connection") {
        rig.carrier->refuse_next = 1;
        visitor.send(get());
        status = 503;
        code = "busy";
    }
    SECTION("a client that leaves just now") {
        rig.carrier->refuse_with = GENERATE(wire::Code::unknown_service, wire::Code::going_away);
        rig.carrier->refuse_next = 1;
        visitor.send(get());
        status = 503;
        code = "no_client";
    }
    SECTION("a backend that refuses") {
        rig.backend.close();
        visitor.send(get());
        status = 502;
        code = "backend_refused";
    }
    SECTION("a backend that closes without a word") {
        visitor.send(get());
        Peer backend = rig.backend.accept();
        backend.read_message();
        backend.close();
        status = 502;
        code = "closed_early";
    }
    SECTION("a backend that resets") {
        visitor.send(get());
        Peer backend = rig.backend.accept();
        backend.read_message();
        backend.reset();
        status = 502;
        code = "reset";
    }
    SECTION("a backend that does not speak HTTP") {
        visitor.send(get());
        Peer backend = rig.backend.accept();
        backend.read_message();
        backend.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        status = 502;
        code = "bad_version";
    }
    SECTION("a request that breaks the rules") {
        visitor.send("GET / HTTP/1.1\r\nHost: app.test\r\nBad Name: 1\r\n\r\n");
        status = 400;
    }
    SECTION("CONNECT") {
        visitor.send("CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\n\r\n");
        status = 405;
    }
    SECTION("a path that leads out of the root") {
        visitor.send(get("/a/../../b"));
        status = 400;
        code = "bad_path";
    }
    const Message response = visitor.read_message();
    CHECK(response.status() == status);
    CHECK(response.complete);
    if (!code.empty()) {
        CHECK(response.field("x-ferrotunnel-error") == code);
    }
    CHECK(response.field("x-ferrotunnel-error") != "");
    CHECK(response.field("x-request-id").size() == 15);
    CHECK((status == 503) == response.has("retry-after"));
    CHECK(rig.log.count("a request was answered by the edge") == 1);
    CHECK(rig.log.count("code=" + response.field("x-ferrotunnel-error")) == 1);
    CHECK(rig.log.count("a request was answered by the edge request=" + response.field("x-request-id")) == 1);
    CHECK(rig.counters().pages == 1);
}

TEST_CASE("several Accept fields are one list") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send("GET / HTTP/1.1\r\nHost: other.test\r\nAccept: text/html;q=0.1\r\nAccept: application/json\r\n\r\n");
    CHECK(visitor.read_message().field("content-type").rfind("application/json", 0) == 0);
}

TEST_CASE("a backend can not speak as the edge does") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send(answer("mine", "X-FerroTunnel-Error: unknown_host\r\n"));
    const Message response = visitor.read_message();
    CHECK(response.body == "mine");
    CHECK_FALSE(response.has("x-ferrotunnel-error"));
}

TEST_CASE("after a page the visitor's connection goes on, if its request was read") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n");
    CHECK(visitor.read_message().status() == 404);
    visitor.send("HEAD / HTTP/1.1\r\nHost: other.test\r\n\r\n");
    const Message head = visitor.read_message(true);
    CHECK(head.status() == 404);
    CHECK(head.field("content-length") != "0");
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send(answer("here"));
    CHECK(visitor.read_message().body == "here");
}

TEST_CASE("requests of one connection may go to different services") {
    EdgeRig rig;
    BackendPort other;
    rig.add_service("other.test", 2, other.place());
    Peer visitor = rig.visit();
    visitor.send(get("/a") + "GET /b HTTP/1.1\r\nHost: other.test\r\n\r\n" + get("/c"));
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
        Peer visitor = rig.visit();
        visitor.send(get("/", "Connection: close\r\n"));
        Peer backend = rig.backend.accept();
        backend.read_message();
        backend.send(answer("ok", "Connection: close\r\n"));
        CHECK(visitor.read_message().body == "ok");
    }
    CHECK(rig.carrier->refuse_next == 0);
}

// --- once more ---

namespace {

/// One exchange, after which the stream waits in the pool.
Peer warm_up(EdgeRig& rig, Peer& visitor) {
    visitor.send(get("/warm"));
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send(answer("warm"));
    CHECK(visitor.read_message().body == "warm");
    CHECK(eventually([&] { return rig.pooled() == 1; }));
    return backend;
}

}  // namespace

TEST_CASE("an idempotent request on an old stream is sent once more when the backend closes it") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    visitor.send("PUT /again HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(old.read_message().body == "body");
    old.close();
    Peer fresh = rig.backend.accept();
    const Message again = fresh.read_message();
    CHECK(again.start == "PUT /again HTTP/1.1");
    CHECK(again.body == "body");
    CHECK(rig.counters().retries == 1);
    SECTION("and answered") {
        fresh.send(answer("second"));
        CHECK(visitor.read_message().body == "second");
    }
    SECTION("but not a third time") {
        fresh.close();
        CHECK(visitor.read_message().status() == 502);
        CHECK(rig.backend.accepted == 2);
        CHECK_FALSE(rig.backend.comes(50));
    }
}

TEST_CASE("a POST that may have reached the backend is never sent again") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    visitor.send("POST /once HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(old.read_message().body == "body");
    SECTION("closed") {
        old.close();
    }
    SECTION("reset") {
        old.reset();
    }
    CHECK(visitor.read_message().status() == 502);
    CHECK(rig.counters().retries == 0);
    CHECK_FALSE(rig.backend.comes(50));
}

TEST_CASE("a GET on a fresh stream is not sent again") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.close();
    CHECK(visitor.read_message().status() == 502);
    CHECK_FALSE(rig.backend.comes(50));
}

namespace {

// Has the client turn the first stream away, as one that drains does.
void turn_first_away(EdgeRig& rig, std::atomic<int>& arrived) {
    on(rig.pair.worker, [&] {
        auto dial = rig.pair.client.on_stream;
        rig.pair.client.on_stream = [&arrived, dial](IntrusivePtr<mux::Stream> stream, const wire::Open& open) {
            if (arrived.fetch_add(1) == 0) {
                stream->abort(wire::Code::going_away);
            } else {
                dial(std::move(stream), open);
            }
        };
    });
}

}  // namespace

TEST_CASE("any method is sent once more after a reset that says that nothing was delivered") {
    EdgeRig rig;
    std::atomic<int> arrived{0};
    turn_first_away(rig, arrived);
    auto second = std::make_shared<PairCarrier>(rig.pair);
    rig.join(described("app.test"), 1, second);
    Peer visitor = rig.visit();
    visitor.send("POST /once HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().body == "body");
    backend.send(answer("done"));
    CHECK(visitor.read_message().body == "done");
    CHECK(rig.counters().retries == 1);
    CHECK(arrived == 2);
}

namespace {

// Pretends that other requests keep so many bytes.
void keep_more(EdgeRig& rig, std::size_t bytes) {
    on(rig.edge_worker(), [&] { rig.edge->at(0).kept_bytes.now += bytes; });
}

}  // namespace

TEST_CASE("a head that no backend has got yet is kept, also where there is no room for what is sent") {
    EdgeRig rig;
    keep_more(rig, exchange::KeptBytes::max + 1);
    std::atomic<int> arrived{0};
    turn_first_away(rig, arrived);
    rig.join(described("app.test"), 1, std::make_shared<PairCarrier>(rig.pair));
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send(answer("done"));
    CHECK(visitor.read_message().body == "done");
    CHECK(arrived == 2);
    keep_more(rig, -(exchange::KeptBytes::max + 1));
}

TEST_CASE("limit: what requests take that wait for their backends") {
    EdgeRig rig;
    const std::string large = "GET / HTTP/1.1\r\nHost: app.test\r\nX-Large: " + std::string(5'000, 'x') + "\r\n\r\n";
    constexpr std::size_t all_but_one = exchange::KeptBytes::waiting_max - 3'000;  // leaves room for one small request
    keep_more(rig, all_but_one);
    Peer visitor = rig.visit();
    visitor.send(large);
    const Message refused = visitor.read_message();
    CHECK(refused.status() == 503);
    CHECK(refused.field("x-ferrotunnel-error") == "busy");
    CHECK(refused.has("retry-after"));
    Peer next = rig.visit();
    next.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send(answer("there was room"));
    CHECK(next.read_message().body == "there was room");
    keep_more(rig, -all_but_one);
    CHECK(on(rig.edge_worker(), [&] { return rig.edge->at(0).kept_bytes.now; }) == 0);
}

namespace {

struct NobodyToWake final : buffer::Waker {
    void wake() noexcept override {}
};

}  // namespace

TEST_CASE("a POST that crosses the end of an old stream's backend is sent once more: nothing of it was delivered") {
    EdgeRig rig(quick_settings(), true);
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    for (int round = 0; round < 20; ++round) {
        on(rig.pair.worker, [] {});  // else what is still on its way there would be read before the backend's end
    }
    // While the trunks' worker stands still, the backend ends, and the edge, on its own worker, sends into the stream.
    rig.pair.worker.post([&] {
        old.close();
        visitor.send("POST /once HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
        (void)eventually([&] { return rig.counters().backend_reused == 1; });
    });
    Peer fresh = rig.backend.accept();
    const Message again = fresh.read_message();
    CHECK(again.start == "POST /once HTTP/1.1");
    CHECK(again.body == "body");
    fresh.send(answer("done"));
    CHECK(visitor.read_message().body == "done");
    CHECK(rig.counters().retries == 1);
}

TEST_CASE("a POST on an old stream that ends without a word of what was delivered is not sent again") {
    EdgeRig rig;
    IntrusivePtr<mux::Stream> served;
    on(rig.pair.worker, [&] {
        rig.pair.client.on_stream = [&](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
            served = std::move(stream);  // a program that serves by itself
            served->attach(make_intrusive<NobodyToWake>(), false);
            served->accept();
        };
    });
    const auto answer_with = [&](const std::string& text) {
        on(rig.pair.worker, [&] {
            if (text.empty()) {
                served->finish();
            } else {
                served->send(buffer::Slice::copy_of(as_bytes(text)), false);
                served->flush();
            }
        });
    };
    Peer visitor = rig.visit();
    visitor.send(get());
    CHECK(eventually([&] { return on(rig.pair.worker, [&] { return served && served->front() != nullptr; }); }));
    answer_with(answer("warm"));
    CHECK(visitor.read_message().body == "warm");
    CHECK(eventually([&] { return rig.pooled() == 1; }));
    visitor.send("POST /once HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(eventually([&] { return rig.counters().backend_reused == 1; }));
    answer_with("");
    const Message response = visitor.read_message();
    CHECK(response.status() == 502);
    CHECK(response.field("x-ferrotunnel-error") == "closed_early");
    CHECK(rig.counters().retries == 0);
    on(rig.pair.worker, [&] { served.reset(); });
}

TEST_CASE("a request is sent once more only if all of it was kept") {
    HttpSettings settings = quick_settings();
    const std::string head = "PUT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5000\r\n\r\n";
    const bool fits = GENERATE(true, false);
    std::size_t sent = 0;
    {
        EdgeRig rig(settings);  // measures how large the request is towards the backend
        Peer visitor = rig.visit();
        visitor.send(head);
        sent = rig.backend.accept().read_until("\r\n\r\n").size() + 5'000 + limits::http_replay_piece_cost;
    }
    settings.replay_bytes_max = fits ? sent : sent - 1;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    visitor.send(head + std::string(5'000, 'x'));
    old.read_message();
    old.close();
    if (fits) {
        Peer fresh = rig.backend.accept();
        CHECK(fresh.read_message().body == std::string(5'000, 'x'));
        fresh.send(answer("second"));
        CHECK(visitor.read_message().body == "second");
    } else {
        CHECK(visitor.read_message().status() == 502);
    }
}

namespace {

// More visitors send `request` than there is room to keep it for, `large` bytes of each; yet all of them go on.
// `arrive` reads it at the backend.
template <typename Arrive>
void keep_too_much(const std::string& request, std::size_t large, Arrive arrive) {
    const std::size_t many = exchange::KeptBytes::max / large + 50;
    ferrotunnel::test::raise_descriptors(
        many * 5 + 100);  // both ends of the visitor's and of the backend's connection, and the reserve
    HttpSettings settings = quick_settings();
    settings.service.first_byte = 600s;  // the first ones wait until the last one has come
    EdgeRig rig(settings);
    std::vector<Peer> visitors;
    std::vector<Peer> backends;
    for (std::size_t i = 0; i < many; ++i) {
        visitors.push_back(rig.visit());
        visitors.back().send(request);
        backends.push_back(rig.backend.accept());
        arrive(backends.back());
    }
    const auto kept = [&] { return on(rig.edge_worker(), [&] { return rig.edge->at(0).kept_bytes.now; }); };
    CHECK(kept() <= exchange::KeptBytes::max);
    CHECK(kept() > exchange::KeptBytes::max - 2 * large);
    backends.back().send(answer("it came"));
    CHECK(visitors.back().read_message().body == "it came");
    for (Peer& visitor : visitors) {
        visitor.reset();  // after a mere end of sending the edge would wait for answers, as long as eventually() waits
    }
    CHECK(eventually([&] { return kept() == 0; }));
}

}  // namespace

TEST_CASE("what is kept of all requests together is bounded, and they go on") {
    const std::string body(50'000, 'x');
    keep_too_much("PUT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 50000\r\n\r\n" + body, body.size(),
                  [&](Peer& backend) { REQUIRE(backend.read_message().body == body); });
}

TEST_CASE("the heads of requests that wait for an answer count for what is kept of all") {
    std::string head = "GET / HTTP/1.1\r\nHost: app.test\r\n";
    for (int i = 0; i < 40; ++i) {
        head += "X-Large: " + std::string(1'000, 'x') + "\r\n";
    }
    head += "\r\n";
    keep_too_much(head, head.size(),
                  [&](Peer& backend) { REQUIRE(backend.read_until("\r\n\r\n").size() > head.size() - 1'000); });
}

TEST_CASE("what is kept of a request counts by what it takes, not by its bytes alone") {
    HttpSettings settings = quick_settings();
    settings.replay_bytes_max = 8'192;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    constexpr int chunks = 500;
    std::string body;
    for (int i = 0; i < chunks; ++i) {
        body += "1\r\nx\r\n";
    }
    REQUIRE(body.size() < settings.replay_bytes_max);
    visitor.send("PUT / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n" + body + "0\r\n\r\n");
    CHECK(old.read_message().body == std::string(chunks, 'x'));
    old.close();
    CHECK(visitor.read_message().status() == 502);
    CHECK(rig.counters().retries == 0);
}

TEST_CASE("an answer that has begun is not asked for again") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    visitor.send(get("/again"));
    old.read_message();
    old.send("HTTP/1.1 200");
    std::this_thread::sleep_for(20ms);
    old.close();
    CHECK(visitor.read_message().status() == 502);
    CHECK_FALSE(rig.backend.comes(50));
}

// --- time ---

TEST_CASE("a backend that does not answer in time is given up") {
    HttpSettings settings = quick_settings();
    settings.service.first_byte = 200ms;
    settings.service.body_bytes_per_second_min = 0;
    EdgeRig rig(settings);
    Peer first = rig.visit();  // leaves a connection behind; no time limit runs before its body is whole
    first.send("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\n\r\n");
    Peer old = rig.backend.accept();
    old.read_until("\r\n\r\n");
    old.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwa");
    first.read_until("\r\n\r\n");
    first.send("x");
    CHECK(old.read_exactly(1) == "x");
    old.send("rm");
    CHECK(first.read_exactly(4) == "warm");
    REQUIRE(eventually([&] { return rig.pooled() == 1; }));
    Peer visitor = rig.visit();
    visitor.send(get("/slow"));
    old.read_message();
    const Message response = visitor.read_message();
    CHECK(response.status() == 504);
    CHECK(response.field("x-ferrotunnel-error") == "backend_slow");
    CHECK(old.read_to_end().empty());  // the backend hears that it was given up
    CHECK(rig.counters().retries == 0);
}

TEST_CASE("a backend that is never connected is 502") {
    HttpSettings settings = quick_settings();
    settings.service.backend_connect = 200ms;
    settings.service.first_byte = GENERATE(50ms, 60'000ms);
    EdgeRig rig(settings);
    on(rig.pair.worker, [&] {
        rig.pair.client.on_stream = [](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
            class Deaf final : public buffer::Waker {
                void wake() noexcept override {}
            };
            stream->attach(make_intrusive<Deaf>(), false);
        };
    });
    Peer visitor = rig.visit();
    visitor.send(get());
    const Message response = visitor.read_message();
    CHECK(response.status() == 502);
    CHECK(response.field("x-ferrotunnel-error") == "connect_timeout");
}

TEST_CASE("an answer that has begun may take as long as it likes") {
    HttpSettings settings = quick_settings();
    settings.service.first_byte = 200ms;
    settings.service.body_bytes_per_second_min = 0;
    settings.keep_alive_idle = 100ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    // No time limit runs before the byte of its body has come.
    visitor.send("POST /events HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_until("\r\n\r\n");
    backend.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    visitor.read_until("\r\n\r\n");
    visitor.send("x");
    CHECK(backend.read_exactly(1) == "x");
    for (int i = 0; i < 3; ++i) {
        std::this_thread::sleep_for(i == 0 ? 500ms : 150ms);
        backend.send("7\r\ndata: 1\r\n");
        CHECK(visitor.read_exactly(12) == "7\r\ndata: 1\r\n");
    }
    backend.send("0\r\n\r\n");
    CHECK(visitor.read_exactly(5) == "0\r\n\r\n");
}
