// Connections that become another protocol's.
#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

TEST_CASE("after 101 with an offered protocol the bytes are passed on as they are") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor =
        rig.visit("GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.field("upgrade") == "websocket");
    CHECK(request.field("connection").find("pgrade") != std::string::npos);
    CHECK_FALSE(backend.stirs(20));  // not before the backend has agreed
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello");
    const Message response = visitor.read_message();
    CHECK(response.status() == 101);
    CHECK(response.field("upgrade") == "websocket");
    CHECK(visitor.read_exactly(5) == "hello");
    CHECK(backend.read_exactly(5) == "early");
    const std::string bulk = random_text(1'000'000);
    std::thread echo([&] { backend.send(backend.read_exactly(bulk.size())); });
    visitor.send(bulk);
    CHECK(visitor.read_exactly(bulk.size()) == bulk);
    echo.join();
    CHECK(rig.counters().upgrades == 1);
    SECTION("until the backend ends") {
        backend.send("bye");
        backend.close();
        CHECK(visitor.read_to_end() == "bye");
        CHECK_FALSE(visitor.was_reset());
    }
    SECTION("the visitor's end is passed on, and what the backend says after it too") {
        visitor.send("bye");
        visitor.finish();
        CHECK(backend.read_to_end() == "bye");
        CHECK_FALSE(backend.was_reset());
        backend.send("goodbye");
        backend.close();
        CHECK(visitor.read_to_end() == "goodbye");
    }
    SECTION("a reset is passed on") {
        visitor.reset();
        CHECK(backend.read_to_end().empty());
        CHECK(backend.was_reset());
    }
    SECTION("so is the backend's") {
        backend.reset();
        CHECK(visitor.read_to_end().empty());
        CHECK(visitor.was_reset());
    }
}

TEST_CASE("a refused upgrade is an ordinary answer, and the next request follows") {
    EdgeRig rig;
    Peer visitor = rig.visit(
        "GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + get("/after"));
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\nno");
    CHECK(visitor.read_message().status() == 400);
    CHECK(backend.read_message().start == "GET /after HTTP/1.1");
    backend.send(answer("after"));
    CHECK(visitor.read_message().body == "after");
}

TEST_CASE("101 with a protocol that was not offered, or that nobody asked for, is 502") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    const bool asked = GENERATE(false, true);
    visitor.send(asked ? "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
                       : get());
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
    CHECK(visitor.read_message().status() == 502);
}

TEST_CASE("where a service has no upgrades they are not offered to the backend") {
    EdgeSettings settings = quick_settings();
    settings.upgrades = false;
    EdgeRig rig(settings);
    Peer visitor = rig.visit("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    Peer backend = rig.backend.accept();
    CHECK_FALSE(backend.read_message().has("upgrade"));
    backend.send(answer("plain"));
    CHECK(visitor.read_message().body == "plain");
}

TEST_CASE("an upgraded connection that says nothing for too long is closed") {
    EdgeSettings settings = quick_settings();
    settings.upgraded_idle_timeout = 4'500ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    Peer backend = rig.backend.accept_request();
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(visitor.read_message().status() == 101);
    for (int i = 0; i < 6; ++i) {
        std::this_thread::sleep_for(800ms);  // six of these are longer than upgraded_idle
        visitor.send("x");
        CHECK(backend.read_exactly(1) == "x");
    }
    CHECK(visitor.read_to_end().empty());
    CHECK(backend.read_to_end().empty());
}
