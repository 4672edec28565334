#include "ingress/http_connection.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

namespace {

std::string chunked(const std::string& body, std::size_t size) {
    std::string all;
    char head[32];
    for (std::size_t at = 0; at < body.size(); at += size) {
        const std::size_t n = std::min(size, body.size() - at);
        std::snprintf(head, sizeof head, "%zx\r\n", n);
        all += head + body.substr(at, n) + "\r\n";
    }
    return all + "0\r\n\r\n";
}

}  // namespace

TEST_CASE("large bodies move both ways, whole and unchanged") {
    const bool foreign = GENERATE(false, true);
    const bool by_chunks = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    const std::string up = random_text(3'000'000);
    const std::string down = random_text(3'000'001, 2);
    Peer visitor = rig.visit();
    int whole = 0;
    std::thread backend_side([&] {
        Peer backend = rig.backend.accept();
        for (int i = 0; i < 2; ++i) {
            const Message request = backend.read_message();
            whole += request.complete && request.body == up ? 1 : 0;
            backend.send(by_chunks ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(down, 70'001)
                                   : answer(down));
        }
    });
    for (int i = 0; i < 2; ++i) {
        visitor.send(by_chunks ? "POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                     chunked(up, 50'000)
                               : post(up.size()) + up);
        const Message response = visitor.read_message();
        CHECK(response.complete);
        CHECK(response.body == down);
    }
    backend_side.join();
    CHECK(whole == 2);
    CHECK(on(rig.edge_worker(), [&] { return rig.edge_worker().slabs().in_use(); }) <= 1);
}

TEST_CASE("requests that come byte by byte, and several in one piece, are answered in their order") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    SECTION("byte by byte") {
        for (const char byte : post(3) + "abc" + get("/2")) {
            visitor.send({&byte, 1});
        }
    }
    SECTION("in one piece") {
        visitor.send(post(3) + "abc" + get("/2"));
    }
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().body == "abc");
    CHECK_FALSE(backend.stirs(20));  // one exchange at a time
    backend.send(answer("first"));
    CHECK(backend.read_message().start == "GET /2 HTTP/1.1");
    backend.send(answer("second"));
    CHECK(visitor.read_message().body == "first");
    CHECK(visitor.read_message().body == "second");
}

TEST_CASE("what is pipelined waits in a bounded buffer") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    std::string many;
    while (many.size() < 8'000'000) {
        many += get("/pipelined/" + std::string(1'000, 'x'));
    }
    CHECK(visitor.send_what_fits(many) < many.size());
    CHECK(rig.counters().bytes_in <= 64 * 1024 + get().size());
    CHECK(rig.counters().requests == 1);
}

TEST_CASE("many pipelined requests get many answers") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    std::thread backend_side([&] {
        Peer backend = rig.backend.accept();
        for (int i = 0; i < 500; ++i) {
            backend.send(answer(backend.read_message().start));
        }
    });
    std::string all;
    for (int i = 0; i < 500; ++i) {
        all += get("/" + std::to_string(i) + "/" + std::string(200, 'x'));
    }
    visitor.send(all);
    for (int i = 0; i < 500; ++i) {
        REQUIRE(visitor.read_message().body.rfind("GET /" + std::to_string(i) + "/", 0) == 0);
    }
    backend_side.join();
}

TEST_CASE("a head as long as one may be is read, and one byte more is refused") {
    EdgeRig rig;
    const bool too_long = GENERATE(false, true);
    std::string head = "GET / HTTP/1.1\r\nHost: app.test\r\n";
    while (head.size() + 2 < limits::http_head_max) {
        const std::size_t left = limits::http_head_max - 2 - head.size();
        const std::size_t line = left > 16'000 ? 8'000 : left;
        head += "X-Long: " + std::string(line - 10, 'x') + "\r\n";
    }
    head += "\r\n";
    REQUIRE(head.size() == limits::http_head_max);
    if (too_long) {
        head.insert(head.size() - 4, "x");
    }
    Peer visitor = rig.visit();
    // The head does not come at the slab's begin, so that it has to move.
    visitor.send(get("/first"));
    Peer backend = rig.backend.accept_request();
    visitor.send_what_fits(head);
    backend.send(answer("first"));
    CHECK(visitor.read_message().body == "first");
    if (too_long) {
        CHECK(visitor.read_message().status() == 431);
        return;
    }
    CHECK(backend.read_message().fields.size() > 5);
    backend.send(answer("long"));
    CHECK(visitor.read_message().body == "long");
}

TEST_CASE("a connection ends in order after as many requests as one may have") {
    EdgeSettings settings = quick_settings();
    settings.requests_per_connection = 3;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    Peer backend;
    for (int i = 1; i <= 3; ++i) {
        visitor.send(get());
        if (!backend) {
            backend = rig.backend.accept();
        }
        serve_one(backend, "x");
        CHECK(visitor.read_message().has("connection") == (i == 3));
    }
    CHECK(visitor.read_to_end().empty());
    CHECK_FALSE(visitor.was_reset());
}

TEST_CASE("a visitor of 1.0 keeps its connection if it asks to") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    Peer backend;
    for (int i = 0; i < 2; ++i) {
        visitor.send("GET / HTTP/1.0\r\nHost: app.test\r\nConnection: keep-alive\r\n\r\n");
        if (!backend) {
            backend = rig.backend.accept();
        }
        serve_one(backend, "x");
        const Message response = visitor.read_message();
        CHECK(response.body == "x");
        CHECK(response.field("connection") == "keep-alive");
    }
}

TEST_CASE("a visitor's end during an answer lets it finish, its reset aborts it") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    SECTION("end") {
        visitor.finish();
        std::this_thread::sleep_for(20ms);
        backend.send(answer("still here"));
        const Message response = visitor.read_message();
        CHECK(response.body == "still here");
        CHECK(visitor.read_to_end().empty());
        CHECK_FALSE(visitor.was_reset());
    }
    SECTION("reset before the answer") {
        visitor.reset();
        CHECK(backend.read_to_end().empty());
        CHECK(rig.counters().visitors_lost == 1);
    }
    SECTION("reset within the answer") {
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
        visitor.read_until("begun");
        visitor.reset();
        CHECK(backend.read_to_end().empty());
    }
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
}

TEST_CASE("a request that the visitor cuts off never looks complete to the backend") {
    EdgeRig rig;
    Peer visitor = rig.visit(post(100) + "only this");
    Peer backend = rig.backend.accept();
    backend.read_until("only this");
    SECTION("by its end") {
        visitor.finish();
    }
    SECTION("by a reset") {
        visitor.reset();
    }
    CHECK(backend.read_to_end().empty());
    CHECK(backend.was_reset());
}

TEST_CASE("a slow visitor holds the backend back, and a slow backend the visitor") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    const std::string bulk(64'000'000, 'x');
    SECTION("an answer that is not read") {
        visitor.send(get());
        Peer backend = rig.backend.accept_request();
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bulk.size()) + "\r\n\r\n");
        const std::size_t sent = backend.send_what_fits(bulk, 300);
        CHECK(sent < bulk.size());
        std::thread rest([&] { backend.send(std::string_view(bulk).substr(sent)); });
        CHECK(visitor.read_message().body == bulk);
        rest.join();
    }
    SECTION("a body that is not read") {
        visitor.send(post(bulk.size()));
        Peer backend = rig.backend.accept();
        const std::size_t sent = visitor.send_what_fits(bulk, 300);
        CHECK(sent < bulk.size());
        std::thread rest([&] { visitor.send(std::string_view(bulk).substr(sent)); });
        CHECK(backend.read_message().body == bulk);
        rest.join();
        backend.send(answer("thanks"));
        CHECK(visitor.read_message().body == "thanks");
    }
}

TEST_CASE("a drain lets exchanges finish and closes what is idle") {
    EdgeRig rig;
    Peer idle = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    backend.send(answer("x"));
    CHECK(idle.read_message().body == "x");
    Peer busy = rig.visit(get());
    backend.read_message();
    rig.edge->drain();
    CHECK(idle.read_to_end().empty());
    CHECK_FALSE(idle.was_reset());
    backend.send(answer("last"));
    const Message response = busy.read_message();
    CHECK(response.body == "last");
    CHECK(response.field("connection") == "close");
    CHECK(busy.read_to_end().empty());
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(rig.pooled() == 0);
}

TEST_CASE("a stop resets everybody") {
    EdgeRig rig;
    Peer busy = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    rig.edge->stop();
    (void)busy.read_to_end();
    CHECK(busy.was_reset());
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(backend.read_to_end().empty());
}

TEST_CASE("a trunk that is lost fails what is in flight and may not be sent again, and nothing waits for ever") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer begun = rig.visit(get("/begun"));
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
    begun.read_until("begun");
    Peer waiting = rig.visit(post(0));
    Peer second = rig.backend.accept_request();
    Peer again = rig.visit(get("/again"));
    Peer third = rig.backend.accept_request();
    on(rig.pair.worker, [&] { rig.pair.client.trunk->abandon(); });
    CHECK(waiting.read_message().status() == 502);
    CHECK(again.read_message().status() == 503);  // it may be, but nobody else carries the service
    CHECK(begun.read_to_end().empty());
    CHECK(rig.log.count("tunnel_lost") == 1);
}
