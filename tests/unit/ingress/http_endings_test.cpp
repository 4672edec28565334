// How exchanges and connections end while something still waits to be sent.
#include <catch2/catch.hpp>
#include <thread>

#include "ingress/http_connection.hpp"
#include "unit/ingress/deaf_backend.hpp"
#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

TEST_CASE("nothing is kept when a backend answers a request whose rest still waits to be sent") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    DeafBackend backend(rig);
    Peer visitor = rig.visit();
    const std::string body(limits::opened_window + 30'000, 'x');
    visitor.send("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                 body);
    // All of the body was read from the visitor, so the head of the answer could say that its connection continues.
    REQUIRE(eventually([&] { return backend.is_there() && rig.counters().bytes_in > body.size(); }));
    backend.send(answer("early"));
    const Message response = visitor.read_message();
    CHECK(response.body == "early");
    CHECK(response.field("connection") == "close");
    CHECK(visitor.read_to_end().empty());
    CHECK(eventually([&] { return backend.is_aborted(); }));
    CHECK(rig.pooled() == 0);
}

TEST_CASE("a stream that has ended while the visitor's bytes wait for credit does not wait for ever") {
    EdgeRig rig;
    DeafBackend backend(rig);
    Peer visitor = rig.visit(get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    REQUIRE(eventually([&] { return backend.is_there(); }));
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(visitor.read_message().status() == 101);
    const std::string said(limits::opened_window + 30'000, 'x');
    visitor.send(said);
    REQUIRE(eventually([&] { return rig.counters().bytes_in > said.size(); }));
    backend.send("bye", true);
    CHECK(visitor.read_exactly(3) == "bye");
    CHECK(eventually([&] { return backend.is_aborted(); }));
}

TEST_CASE("an answer that is still being written is not cut by the time for the next request") {
    EdgeSettings settings = quick_settings();
    settings.idle_timeout = settings.head_timeout = 5s;  // no request before the pause takes that long
    settings.requests_per_connection = 1'000'000;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    const int little = 256 * 1024;
    REQUIRE(::setsockopt(visitor.fd(), SOL_SOCKET, SO_RCVBUF, &little, sizeof little) == 0);
    const std::string body(8'000, 'x');
    Peer backend;
    // Sends answers that are not read, until one does not fit into the sockets any more.
    int answers = 0;
    std::uint64_t size = 0;
    for (bool fits = true; fits; ++answers) {
        const std::uint64_t before = rig.counters().bytes_out;
        visitor.send(get());
        if (!backend) {
            backend = rig.backend.accept();
        }
        serve_one(backend, body);
        REQUIRE(eventually([&] { return rig.pooled() == 1; }));
        const std::uint64_t written = rig.counters().bytes_out - before;
        size = std::max(size, written);
        fits = written == size;
    }
    std::this_thread::sleep_for(6s);
    for (int i = 0; i < answers; ++i) {
        const Message response = visitor.read_message();
        REQUIRE(response.complete);
        REQUIRE(response.body == body);
    }
    CHECK(visitor.read_to_end().empty());  // and then the connection is idle for too long
    CHECK_FALSE(visitor.was_reset());
}

TEST_CASE("an application may stop the edge while it is told of a request") {
    EdgeRig rig;
    rig.log.on_line = [&] { rig.edge->stop(); };
    Peer visitor = rig.visit(ask("other.test"));
    (void)visitor.read_to_end();
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(rig.log.count("unknown_host") == 1);
}

TEST_CASE("a worker's edge may end while a connection of it is at work") {
    EdgeRig rig;
    rig.log.on_line = [&] { rig.edge->at(0).end(); };
    Peer other = rig.visit();
    Peer visitor = rig.visit();
    CHECK(eventually([&] { return rig.edge->connections() == 2; }));
    visitor.send(ask("other.test"));
    (void)visitor.read_to_end();
    CHECK(visitor.was_reset());
    CHECK(other.read_to_end().empty());
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(rig.counters().visitors_lost == 0);
}
