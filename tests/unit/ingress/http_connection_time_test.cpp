// How long visitors' connections may take for what they do, and what those hold that wait.
#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

TEST_CASE("a head that does not come in time is 408, silence before it an end without a word") {
    EdgeSettings settings = quick_settings();
    settings.head_timeout = 500ms;
    EdgeRig rig(settings);
    SECTION("a part of a head") {
        Peer visitor = rig.visit_at_once("GET / HTTP/1.1\r\nHost:");
        const Message response = visitor.read_message();
        CHECK(response.status() == 408);
        CHECK(response.field("connection") == "close");
        CHECK(response.field("x-ferrotunnel-error") == "head_too_slow");
    }
    SECTION("trickling does not help") {
        Peer visitor = rig.visit_at_once("GET / HTTP/1.1\r\nX: ");  // the value that follows could continue for long
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
        CHECK(rig.visit().read_to_end().empty());
    }
    CHECK(eventually([&] { return rig.edge->connections() == 0; }));
}

TEST_CASE("many heads that come slowly hold no slab each") {
    EdgeRig rig;
    std::vector<Peer> visitors;
    for (int i = 0; i < 50; ++i) {
        visitors.push_back(rig.visit("GET / HTTP/1.1\r\nHost: app.test\r\nX-Slow: "));
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
    EdgeSettings settings = quick_settings();
    settings.body_grace = 200ms;
    // A request without its body, which nobody wants before the backend has answered.
    const std::string waits = post(100, "Expect: 100-continue\r\n");
    SECTION("slow") {
        EdgeRig rig(settings);
        Peer visitor = rig.visit(post(100) + "abc");
        Peer backend = rig.backend.accept();
        const Message response = visitor.read_message();
        CHECK(response.status() == 408);
        CHECK(response.field("x-ferrotunnel-error") == "body_too_slow");
        backend.read_to_end();
        CHECK(backend.was_reset());
    }
    SECTION("slow, though never silent for long") {
        settings.body_grace = 1s;
        EdgeRig rig(settings);
        Peer visitor = rig.visit(post(1'000'000));
        Peer backend = rig.backend.accept();
        std::thread trickle([&] {
            while (visitor.send_what_fits("x", 10) > 0 && rig.log.count("body_too_slow") == 0) {
                std::this_thread::sleep_for(50ms);
            }
        });
        CHECK(visitor.read_message().status() == 408);
        trickle.join();
    }
    SECTION("not once its answer has begun: two-way streams are silent for as long as they like") {
        settings.body_grace = 1s;  // in which the answer begins
        EdgeRig rig(settings);
        Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        Peer backend = rig.backend.accept();
        backend.read_until("abc");
        backend.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nbegun");
        CHECK(visitor.read_until("begun").size() > 5);
        std::this_thread::sleep_for(2 * settings.body_grace);
        visitor.send("3\r\ndef\r\n");
        backend.read_until("def");
        backend.send("ended");
        CHECK(visitor.read_exactly(5) == "ended");
        CHECK(rig.counters().answers_cut == 0);
    }
    SECTION("not while it is being answered: who was refused sends no more of it") {
        EdgeRig rig(settings);
        Peer visitor = rig.visit(waits);
        Peer backend = rig.backend.accept();
        backend.read_until("\r\n\r\n");
        backend.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\n");
        for (int i = 0; i < 10; ++i) {
            std::this_thread::sleep_for(50ms);
            backend.send("n");
        }
        const Message response = visitor.read_message();
        CHECK(response.complete);
        CHECK(response.body == std::string(10, 'n'));
        CHECK(visitor.read_to_end().empty());
    }
    SECTION("streams of messages say something when there is something to say") {
        const char* const type = GENERATE("application/grpc", "application/connect+proto", "application/x-ndjson");
        EdgeRig rig(settings);
        Peer visitor = rig.visit(post(6, "Content-Type: " + std::string(type) + "\r\n") + "abc");
        Peer backend = rig.backend.accept();
        backend.read_until("abc");
        std::this_thread::sleep_for(5 * settings.body_grace);
        visitor.send("def");
        backend.read_until("def");
        backend.send(answer("heard"));
        CHECK(visitor.read_message().body == "heard");
    }
    SECTION("allowed to be slow") {
        settings.body_rate = 0;
        EdgeRig rig(settings);
        Peer visitor = rig.visit(post(6) + "abc");
        Peer backend = rig.backend.accept();
        std::this_thread::sleep_for(500ms);
        visitor.send("def");
        CHECK(backend.read_message().body == "abcdef");
        backend.send(answer("ok"));
        CHECK(visitor.read_message().body == "ok");
    }
    SECTION("kept waiting by the backend") {
        settings.body_grace = 4s;
        EdgeRig rig(settings);
        Peer visitor = rig.visit(post(3, "Expect: 100-continue\r\n"));
        Peer backend = rig.backend.accept();
        backend.read_until("\r\n\r\n");
        std::this_thread::sleep_for(3'600ms);
        backend.send("HTTP/1.1 100 Continue\r\n\r\n");
        CHECK(visitor.read_message().status() == 100);
        std::this_thread::sleep_for(800ms);  // the body has its time from then on
        visitor.send("abc");
        CHECK(backend.read_exactly(3) == "abc");
        backend.send(answer("ok"));
        CHECK(visitor.read_message().body == "ok");
    }
}

TEST_CASE("a connection that waits for its next request is closed after its time") {
    EdgeSettings settings = quick_settings();
    settings.idle_timeout = 150ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    std::this_thread::sleep_for(300ms);
    backend.send(answer("late, but not idle"));
    CHECK(visitor.read_message().body == "late, but not idle");
    CHECK(visitor.read_to_end().empty());
    CHECK_FALSE(visitor.was_reset());
}

TEST_CASE("a visitor that does not read its answer is given up") {
    EdgeSettings settings = quick_settings();
    settings.write_timeout = 200ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
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
        visitors.push_back(rig.visit(get()));
        if (!backend) {
            backend = rig.backend.accept();
        }
        serve_one(backend, "x");
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
        visitors.push_back(rig.visit(get()));
        backends.push_back(rig.backend.accept_request());
    }
    CHECK(on(rig.edge_worker(), [&] { return rig.edge_worker().slabs().in_use(); }) == 0);
}

TEST_CASE("what a visitor still sends after its last response is discarded, within the worker's bounds") {
    EdgeSettings settings = quick_settings();
    settings.linger_timeout = 60s;
    const auto last_response = [](EdgeRig& rig) {
        Peer visitor = rig.visit("GET / HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n");
        CHECK(visitor.read_message().status() == 404);
        CHECK(visitor.read_to_end().empty());
        CHECK_FALSE(visitor.was_reset());
        return visitor;
    };
    SECTION("until it ends") {
        EdgeRig rig(settings);
        Peer visitor = last_response(rig);
        visitor.send(std::string(3'000'000, 'x'));
        CHECK(rig.edge->connections() == 1);
        visitor.close();
        CHECK(eventually([&] { return rig.edge->connections() == 0; }));
        CHECK(rig.counters().bytes_in >= 3'000'000);
    }
    SECTION("until it has sent nothing for too long") {
        settings.linger_timeout = 300ms;
        EdgeRig rig(settings);
        const Peer visitor = last_response(rig);
        CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    }
    SECTION("until the bytes of the worker are spent: the one that has lingered longest is reset first") {
        settings.linger_bytes = 1'000'000;
        EdgeRig rig(settings);
        const Peer first = last_response(rig);
        Peer second = last_response(rig);
        Peer third = last_response(rig);
        second.send(std::string(600'000, 'x'));
        CHECK(eventually([&] { return rig.counters().bytes_in >= 600'000; }));
        CHECK(rig.edge->connections() == 3);
        third.send(std::string(500'000, 'x'));
        CHECK(eventually([&] { return rig.counters().bytes_in >= 1'100'000; }));
        CHECK(eventually([&] { return rig.edge->connections() < 3; }));
        third.send(std::string(400'000, 'x'));  // the second took its bytes along, so that there is room
        CHECK(eventually([&] { return rig.counters().bytes_in >= 1'500'000 && rig.edge->connections() == 1; }));
        third.send_what_fits(std::string(4'000'000, 'x'));
        CHECK(eventually([&] { return rig.edge->connections() == 0; }));
    }
}
