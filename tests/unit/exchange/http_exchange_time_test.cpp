// How long exchanges may take.
#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

TEST_CASE("a backend that does not answer in time is given up") {
    EdgeSettings settings = quick_settings();
    settings.first_byte_timeout = 200ms;
    settings.body_rate = 0;
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
    Peer visitor = rig.visit(get("/slow"));
    old.read_message();
    const Message response = visitor.read_message();
    CHECK(response.status() == 504);
    CHECK(response.field("x-ferrotunnel-error") == "backend_slow");
    CHECK(old.read_to_end().empty());  // the backend hears that it was given up
    CHECK(rig.counters().retries == 0);
}

TEST_CASE("a backend that is never connected is 502") {
    EdgeSettings settings = quick_settings();
    settings.backend_connect_timeout = 200ms;
    settings.first_byte_timeout = GENERATE(50ms, 60'000ms);
    EdgeRig rig(settings);
    on(rig.pair.worker, [&] {
        rig.pair.client.on_stream = [](IntrusivePtr<mux::Stream> stream, const wire::Open&) {
            stream->attach(make_intrusive<NullWaker>(), false);
        };
    });
    Peer visitor = rig.visit(get());
    const Message response = visitor.read_message();
    CHECK(response.status() == 502);
    CHECK(response.field("x-ferrotunnel-error") == "connect_timeout");
}

TEST_CASE("an answer that has begun may take as long as it likes") {
    EdgeSettings settings = quick_settings();
    settings.first_byte_timeout = 200ms;
    settings.body_rate = 0;
    settings.idle_timeout = 100ms;
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
