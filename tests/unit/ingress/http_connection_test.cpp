#include "ingress/http_connection.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;
using namespace std::chrono_literals;

namespace {

std::string post(std::size_t size, const std::string& more = {}) {
    return "POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: " + std::to_string(size) + "\r\n" + more + "\r\n";
}

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
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
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
    Peer backend = rig.backend.accept();
    backend.read_message();
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
    HttpSettings settings = quick_settings();
    settings.requests_per_connection_max = 3;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    Peer backend;
    for (int i = 1; i <= 3; ++i) {
        visitor.send(get());
        if (!backend) {
            backend = rig.backend.accept();
        }
        backend.read_message();
        backend.send(answer("x"));
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
        backend.read_message();
        backend.send(answer("x"));
        const Message response = visitor.read_message();
        CHECK(response.body == "x");
        CHECK(response.field("connection") == "keep-alive");
    }
}

// --- upgrades ---

TEST_CASE("after 101 with an offered protocol the bytes are passed on as they are") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor = rig.visit();
    visitor.send("GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
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
    Peer visitor = rig.visit();
    visitor.send("GET /chat HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" +
                 get("/after"));
    Peer backend = rig.backend.accept();
    backend.read_message();
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
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n");
    CHECK(visitor.read_message().status() == 502);
}

TEST_CASE("where a service has no upgrades they are not offered to the backend") {
    HttpSettings settings = quick_settings();
    settings.service.upgrades = false;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    visitor.send("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    Peer backend = rig.backend.accept();
    CHECK_FALSE(backend.read_message().has("upgrade"));
    backend.send(answer("plain"));
    CHECK(visitor.read_message().body == "plain");
}

TEST_CASE("an upgraded connection that says nothing for too long is closed") {
    HttpSettings settings = quick_settings();
    settings.service.upgraded_idle = 4'500ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    visitor.send("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    CHECK(visitor.read_message().status() == 101);
    for (int i = 0; i < 3; ++i) {
        std::this_thread::sleep_for(1'600ms);  // three of these are longer than upgraded_idle
        visitor.send("x");
        CHECK(backend.read_exactly(1) == "x");
    }
    CHECK(visitor.read_to_end().empty());
    CHECK(backend.read_to_end().empty());
}

// --- visitors that go ---

TEST_CASE("a visitor's end during an answer lets it finish, its reset aborts it") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
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
    Peer visitor = rig.visit();
    visitor.send(post(100) + "only this");
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
        Peer backend = rig.backend.accept();
        backend.read_message();
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

// --- time ---

TEST_CASE("a head that does not come in time is 408, silence before it an end without a word") {
    HttpSettings settings = quick_settings();
    settings.head = 1500ms;  // enough for the first bytes of a head
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    SECTION("a part of a head") {
        visitor.send("GET / HTTP/1.1\r\nHost:");
        const Message response = visitor.read_message();
        CHECK(response.status() == 408);
        CHECK(response.field("connection") == "close");
        CHECK(response.field("x-ferrotunnel-error") == "head_too_slow");
    }
    SECTION("trickling does not help") {
        visitor.send("GET / HTTP/1.1\r\nX: ");  // the value that follows could go on for long
        std::thread trickle([&] {
            const auto give_up = std::chrono::steady_clock::now() + 60s;
            while (std::chrono::steady_clock::now() < give_up) {
                if (visitor.send_what_fits("x", 10) == 0) {
                    break;
                }
                std::this_thread::sleep_for(5ms);
            }
        });
        wait_for(visitor.fd(), POLLIN);
        CHECK(eventually([&] { return rig.log.count("head_too_slow") == 1; }));
        trickle.join();
    }
    SECTION("nothing") {
        CHECK(visitor.read_to_end().empty());
    }
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
}

TEST_CASE("many heads that come slowly hold no slab each") {
    EdgeRig rig;
    std::vector<Peer> visitors;
    for (int i = 0; i < 50; ++i) {
        visitors.push_back(rig.visit());
        visitors.back().send("GET / HTTP/1.1\r\nHost: app.test\r\nX-Slow: ");
    }
    for (int round = 0; round < 100; ++round) {
        for (Peer& visitor : visitors) {
            visitor.send("xxxxxxxxxx");
        }
    }
    CHECK(eventually([&] { return rig.counters().bytes_in >= 50 * 1'000; }));
    CHECK(on(rig.edge_worker(), [&] { return rig.edge_worker().slabs().in_use(); }) == 0);
    visitors.back().send("\r\n\r\n");
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().field("x-slow").size() == 1'000);
    backend.send(answer("at last"));
    CHECK(visitors.back().read_message().body == "at last");
}

TEST_CASE("a body that comes too slowly is 408, unless the service lets it") {
    HttpSettings settings = quick_settings();
    settings.service.body_grace = 200ms;
    // A request without its body, which nobody wants before the backend has answered.
    const std::string waits = post(100, "Expect: 100-continue\r\n");
    SECTION("slow") {
        EdgeRig rig(settings);
        Peer visitor = rig.visit();
        visitor.send(post(100) + "abc");
        Peer backend = rig.backend.accept();
        const Message response = visitor.read_message();
        CHECK(response.status() == 408);
        CHECK(response.field("x-ferrotunnel-error") == "body_too_slow");
        backend.read_to_end();
        CHECK(backend.was_reset());
    }
    SECTION("slow, and the answer has begun") {
        EdgeRig rig(settings);
        Peer visitor = rig.visit();
        visitor.send(waits);
        Peer backend = rig.backend.accept();
        backend.read_until("\r\n\r\n");
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
        CHECK_FALSE(visitor.read_message().complete);
        CHECK(rig.counters().answers_cut == 1);
        CHECK(rig.log.count("an answer was cut") == 1);
        CHECK(backend.read_to_end().empty());
    }
    SECTION("not while it is being answered: who was refused sends no more of it") {
        settings.service.body_grace = 4s;  // something comes in each 4 s, also where this thread does not run for long
        EdgeRig rig(settings);
        Peer visitor = rig.visit();
        visitor.send(waits);
        Peer backend = rig.backend.accept();
        backend.read_until("\r\n\r\n");
        backend.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n");
        for (int i = 0; i < 10; ++i) {
            std::this_thread::sleep_for(500ms);
            backend.send("n");
        }
        const Message response = visitor.read_message();
        CHECK(response.complete);
        CHECK(response.body == std::string(10, 'n'));
        CHECK(visitor.read_to_end().empty());
    }
    SECTION("allowed to be slow") {
        settings.service.body_bytes_per_second_min = 0;
        EdgeRig rig(settings);
        Peer visitor = rig.visit();
        visitor.send(post(6) + "abc");
        Peer backend = rig.backend.accept();
        std::this_thread::sleep_for(500ms);
        visitor.send("def");
        CHECK(backend.read_message().body == "abcdef");
        backend.send(answer("ok"));
        CHECK(visitor.read_message().body == "ok");
    }
    SECTION("kept waiting by the backend") {
        settings.service.body_grace = 4s;
        EdgeRig rig(settings);
        Peer visitor = rig.visit();
        visitor.send(post(3, "Expect: 100-continue\r\n"));
        Peer backend = rig.backend.accept();
        backend.read_until("\r\n\r\n");
        std::this_thread::sleep_for(3s);
        backend.send("HTTP/1.1 100 Continue\r\n\r\n");
        CHECK(visitor.read_message().status() == 100);
        std::this_thread::sleep_for(2s);  // the body has its time from then on
        visitor.send("abc");
        CHECK(backend.read_exactly(3) == "abc");
        backend.send(answer("ok"));
        CHECK(visitor.read_message().body == "ok");
    }
}

TEST_CASE("a connection that waits for its next request is closed after its time") {
    HttpSettings settings = quick_settings();
    settings.keep_alive_idle = 150ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    std::this_thread::sleep_for(300ms);
    backend.send(answer("late, but not idle"));
    CHECK(visitor.read_message().body == "late, but not idle");
    CHECK(visitor.read_to_end().empty());
    CHECK_FALSE(visitor.was_reset());
}

TEST_CASE("a visitor that does not read its answer is given up") {
    HttpSettings settings = quick_settings();
    settings.write_stalled = 200ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    visitor.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    const std::string bulk(32'000'000, 'x');
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bulk.size()) + "\r\n\r\n");
    backend.send_what_fits(bulk, 1'000);
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(rig.log.count("does not read") == 1);
}

TEST_CASE("an idle connection holds no slab and no timer of its own") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    std::vector<Peer> visitors;
    Peer backend;
    for (int i = 0; i < 50; ++i) {
        visitors.push_back(rig.visit());
        visitors.back().send(get());
        if (!backend) {
            backend = rig.backend.accept();
        }
        backend.read_message();
        backend.send(answer("x"));
        CHECK(visitors.back().read_message().body == "x");
    }
    CHECK(rig.edge->connections() == 50);
    on(rig.edge_worker(), [&] {
        CHECK(rig.edge_worker().slabs().in_use() == 0);
        CHECK(rig.edge_worker().timers_set() <= 3);  // the trunks' and the wheel's
    });
}

TEST_CASE("visitors that wait for their answers hold no slab") {
    EdgeRig rig;
    std::vector<Peer> visitors;
    std::vector<Peer> backends;
    for (int i = 0; i < 50; ++i) {
        visitors.push_back(rig.visit());
        visitors.back().send(get());
        backends.push_back(rig.backend.accept());
        backends.back().read_message();
    }
    CHECK(on(rig.edge_worker(), [&] { return rig.edge_worker().slabs().in_use(); }) == 0);
}

TEST_CASE("what a visitor still sends after the last answer is thrown away, up to a bound") {
    HttpSettings settings = quick_settings();
    settings.linger = 10s;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    visitor.send("GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n");
    CHECK(visitor.read_message().status() == 404);
    CHECK(visitor.read_to_end().empty());
    CHECK_FALSE(visitor.was_reset());
    CHECK(rig.edge->connections() == 1);
    SECTION("until its end") {
        visitor.close();
    }
    SECTION("until it is too much") {
        visitor.send_what_fits(std::string(1'000'000, 'x'));
    }
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
}

TEST_CASE("a drain lets exchanges finish and closes what is idle") {
    EdgeRig rig;
    Peer idle = rig.visit();
    idle.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send(answer("x"));
    CHECK(idle.read_message().body == "x");
    Peer busy = rig.visit();
    busy.send(get());
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
    Peer busy = rig.visit();
    busy.send(get());
    Peer backend = rig.backend.accept();
    backend.read_message();
    rig.edge->stop();
    (void)busy.read_to_end();
    CHECK(busy.was_reset());
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    CHECK(backend.read_to_end().empty());
}

TEST_CASE("a trunk that is lost fails what is in flight, and nothing waits for ever") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer begun = rig.visit();
    begun.send(get("/begun"));
    Peer backend = rig.backend.accept();
    backend.read_message();
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun");
    begun.read_until("begun");
    Peer waiting = rig.visit();
    waiting.send(get("/waiting"));
    Peer second = rig.backend.accept();
    second.read_message();
    on(rig.pair.worker, [&] { rig.pair.client.trunk->abandon(); });
    CHECK(waiting.read_message().status() == 502);
    CHECK(begun.read_to_end().empty());
    CHECK(rig.log.count("tunnel_lost") == 1);
}
