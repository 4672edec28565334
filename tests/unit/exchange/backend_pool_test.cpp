#include "exchange/backend_pool.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

TEST_CASE("many visitors one after the other share one connection to the backend") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer backend;
    for (int i = 0; i < 20; ++i) {
        Peer visitor = rig.visit(get("/", "Connection: close\r\n"));
        if (!backend) {
            backend = rig.backend.accept();
        }
        serve_one(backend, std::to_string(i));
        CHECK(visitor.read_message().body == std::to_string(i));
        visitor.read_to_end();
    }
    CHECK(rig.backend.accepted == 1);
    CHECK(rig.counters().backend_reused == 19);
    CHECK(rig.counters().backend_opened == 1);
}

TEST_CASE("an idle stream is closed in order after its time") {
    EdgeSettings settings = quick_settings();
    settings.pool_idle_timeout = 500ms;
    EdgeRig rig(settings);
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept();
    const auto began = std::chrono::steady_clock::now();
    serve_one(backend, "1");
    visitor.read_message();
    CHECK(backend.read_to_end().empty());
    CHECK(std::chrono::steady_clock::now() - began >= settings.pool_idle_timeout);
    CHECK_FALSE(backend.was_reset());
    CHECK(rig.pooled() == 0);
    backend.close();
    visitor.send(get());
    Peer second = rig.backend.accept();
    serve_one(second, "2");
    CHECK(visitor.read_message().body == "2");
}

TEST_CASE("a stream that the backend has closed is noticed before it is used") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept();
    serve_one(backend, "1");
    visitor.read_message();
    SECTION("closed") {
        backend.close();
    }
    SECTION("reset") {
        backend.reset();
    }
    SECTION("bytes that nobody has asked for") {
        backend.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
    }
    CHECK(eventually([&] { return rig.pooled() == 0; }));
    visitor.send("POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 1\r\n\r\nx");
    Peer second = rig.backend.accept();
    serve_one(second, "2");
    CHECK(visitor.read_message().body == "2");
    CHECK(rig.counters().retries == 0);
}

TEST_CASE("a stream with more bytes than its answer is not used again") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    backend.send(answer("1") + "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    CHECK(visitor.read_message().body == "1");
    visitor.send(get());
    Peer second = rig.backend.accept();
    serve_one(second, "2");
    CHECK(visitor.read_message().body == "2");
}

TEST_CASE("a backend that says close is not asked again") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    const bool old = GENERATE(false, true);
    visitor.send(get());
    Peer backend = rig.backend.accept_request();
    if (old) {
        backend.send("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1");
    } else {
        backend.send(answer("1", "Connection: close\r\n"));
    }
    CHECK(visitor.read_message().body == "1");
    CHECK(rig.pooled() == 0);
    CHECK(backend.read_to_end().empty());
    visitor.send(get());
    Peer second = rig.backend.accept();
    serve_one(second, "2");
    CHECK(visitor.read_message().body == "2");
}

TEST_CASE("no more idle streams are kept than the bounds say") {
    EdgeSettings settings = quick_settings();
    const bool in_all = GENERATE(false, true);
    (in_all ? settings.pool : settings.pool_per_service) = 2;
    EdgeRig rig(settings);
    std::vector<Peer> visitors;
    std::vector<Peer> backends;
    for (int i = 0; i < 3; ++i) {
        visitors.push_back(rig.visit(get()));
        backends.push_back(rig.backend.accept_request());
    }
    for (std::size_t i = 0; i < 3; ++i) {
        backends[i].send(answer("x"));
        CHECK(visitors[i].read_message().body == "x");
        CHECK(rig.pooled() == std::min<std::size_t>(i + 1, 2));
    }
    CHECK(backends[2].read_to_end().empty());
    CHECK_FALSE(backends[0].stirs(0));
}

TEST_CASE("idle streams of a trunk that carries the service no more are not used") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept();
    serve_one(backend, "1");
    visitor.read_message();
    CHECK(rig.pooled() == 1);
    auto second = std::make_shared<PairCarrier>(rig.pair);
    auto service = rig.join(described("app.test"), 1, second);
    rig.directory->leave(*service, *rig.carrier, Clock::now());
    visitor.send(get());
    Peer other = rig.backend.accept();
    serve_one(other, "2");
    CHECK(visitor.read_message().body == "2");
    CHECK(second->opens == 1);
    CHECK(backend.read_to_end().empty());
}

TEST_CASE("idle streams of a trunk that carries the service no more are closed without being asked for") {
    const bool foreign = GENERATE(false, true);
    EdgeSettings settings = quick_settings();
    settings.pool_idle_timeout = 1h;
    EdgeRig rig(settings, foreign);
    auto other = rig.add_service("other.test", 2, rig.backend.place());
    Peer visitor = rig.visit();
    std::vector<Peer> backends;
    for (const std::string host : {"app.test", "other.test"}) {
        visitor.send("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        backends.push_back(rig.backend.accept());
        serve_one(backends.back(), host);
        CHECK(visitor.read_message().body == host);
    }
    CHECK(eventually([&] { return rig.pooled() == 2; }));
    rig.directory->leave(*other, *rig.carrier, Clock::now());
    CHECK(backends[1].read_to_end().empty());
    CHECK_FALSE(backends[1].was_reset());
    CHECK(rig.pooled() == 1);
    CHECK_FALSE(backends[0].stirs(50));
}
