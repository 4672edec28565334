// Which requests are sent again, and what is kept of them for that.
#include <catch2/catch.hpp>
#include <thread>

#include "support/descriptors.hpp"
#include "unit/ingress/deaf_backend.hpp"
#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

namespace {

/// One exchange, after which the stream waits in the pool.
Peer warm_up(EdgeRig& rig, Peer& visitor) {
    visitor.send(get("/warm"));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("warm"));
    CHECK(visitor.read_message().body == "warm");
    CHECK(eventually([&] { return rig.pooled() == 1; }));
    return backend;
}

}  // namespace

TEST_CASE("an idempotent request on an old stream is sent again when the backend closes it") {
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

TEST_CASE("a connection to which a login may be bound serves nobody else") {
    const auto [request, head] = GENERATE(table<std::string, std::string>({
        {"Authorization: NTLM TlRMTVNTUAAD", "HTTP/1.1 200 OK"},
        {"Authorization: negotiate YIIFxQ==", "HTTP/1.1 200 OK"},
        {"X-None: 1", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x, NTLM"},
        {"X-None: 1", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\nWWW-Authenticate: Negotiate"},
    }));
    EdgeRig rig;
    Peer visitor = rig.visit();
    Peer first = warm_up(rig, visitor);  // those of all others are shared
    visitor.send("GET /own HTTP/1.1\r\nHost: app.test\r\n" + request + "\r\n\r\n");
    CHECK(first.read_message().start == "GET /own HTTP/1.1");
    first.send(head + "\r\nContent-Length: 3\r\n\r\nown");
    CHECK(visitor.read_message().body == "own");
    CHECK(first.read_to_end().empty());
    CHECK(rig.pooled() == 0);
    Peer stranger = rig.visit(get("/"));
    Peer second = rig.backend.accept_request();
    second.send(answer("nobody's"));
    CHECK(stranger.read_message().body == "nobody's");
    CHECK(rig.backend.accepted == 2);
}

TEST_CASE("the 408 of a backend that has closed an idle connection is no answer to the request that it crosses") {
    const std::string late = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlate";
    EdgeRig rig;
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    visitor.send(get("/again"));
    old.read_message();
    if (GENERATE(false, true)) {  // in two pieces
        old.send(late.substr(0, 20));
        std::this_thread::sleep_for(20ms);
        old.send(late.substr(20));
    } else {
        old.send(late);
    }
    Peer fresh = rig.backend.accept_request();
    SECTION("and answered") {
        fresh.send(answer("second"));
        CHECK(visitor.read_message().body == "second");
    }
    SECTION("a 408 on the new connection is an answer") {
        fresh.send(late);
        CHECK(visitor.read_message().status() == 408);
        CHECK_FALSE(rig.backend.comes(50));
    }
    CHECK(rig.counters().retries == 1);
}

TEST_CASE("a 408 that may be an answer is handed on") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    SECTION("to a POST, which the backend may have acted on") {
        visitor.send("POST /once HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
        old.read_message();
        old.send("HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 4\r\n\r\nlate");
    }
    SECTION("where the backend keeps the connection") {
        visitor.send(get("/once"));
        old.read_message();
        old.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nlate");
    }
    const Message response = visitor.read_message();
    CHECK(response.status() == 408);
    CHECK(response.body == "late");
    CHECK(rig.counters().retries == 0);
    CHECK_FALSE(rig.backend.comes(50));
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
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
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

TEST_CASE("any method is sent again after a reset that says that nothing was delivered") {
    EdgeRig rig;
    std::atomic<int> arrived{0};
    turn_first_away(rig, arrived);
    auto second = std::make_shared<PairCarrier>(rig.pair);
    rig.join(described("app.test"), 1, second);
    Peer visitor = rig.visit("POST /once HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
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
    on(rig.edge_worker(), [&] { rig.edge->at(0).retry_memory.now += bytes; });
}

}  // namespace

TEST_CASE("a head that no backend has got yet is kept, also where there is no room for what is sent") {
    EdgeRig rig;
    keep_more(rig, exchange::RetryMemory::max + 1);
    std::atomic<int> arrived{0};
    turn_first_away(rig, arrived);
    rig.join(described("app.test"), 1, std::make_shared<PairCarrier>(rig.pair));
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    backend.send(answer("done"));
    CHECK(visitor.read_message().body == "done");
    CHECK(arrived == 2);
    keep_more(rig, -(exchange::RetryMemory::max + 1));
}

TEST_CASE("limit: what requests take that wait for their backends") {
    EdgeRig rig;
    const std::string large = "GET / HTTP/1.1\r\nHost: app.test\r\nX-Large: " + std::string(5'000, 'x') + "\r\n\r\n";
    constexpr std::size_t all_but_one =
        exchange::RetryMemory::waiting_max - 3'000;  // leaves room for one small request
    keep_more(rig, all_but_one);
    Peer visitor = rig.visit(large);
    const Message refused = visitor.read_message();
    CHECK(refused.status() == 503);
    CHECK(refused.field("x-ferrotunnel-error") == "busy");
    CHECK(refused.has("retry-after"));
    Peer next = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    backend.send(answer("there was room"));
    CHECK(next.read_message().body == "there was room");
    keep_more(rig, -all_but_one);
    CHECK(on(rig.edge_worker(), [&] { return rig.edge->at(0).retry_memory.now; }) == 0);
}

TEST_CASE("a POST that crosses the end of an old stream's backend is sent again: nothing of it was delivered") {
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
    DeafBackend backend(rig);  // a program that serves by itself
    Peer visitor = rig.visit(get());
    CHECK(eventually([&] { return backend.has_bytes(); }));
    backend.send(answer("warm"));
    CHECK(visitor.read_message().body == "warm");
    CHECK(eventually([&] { return rig.pooled() == 1; }));
    visitor.send("POST /once HTTP/1.1\r\nHost: app.test\r\nContent-Length: 4\r\n\r\nbody");
    CHECK(eventually([&] { return rig.counters().backend_reused == 1; }));
    backend.finish();
    const Message response = visitor.read_message();
    CHECK(response.status() == 502);
    CHECK(response.field("x-ferrotunnel-error") == "closed_early");
    CHECK(rig.counters().retries == 0);
}

TEST_CASE("a request is sent again only if all of it was kept") {
    EdgeSettings settings = quick_settings();
    const std::string head = "PUT / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 5000\r\n\r\n";
    const bool fits = GENERATE(true, false);
    std::size_t sent = 0;
    {
        EdgeRig rig(settings);  // measures how large the request is towards the backend
        Peer visitor = rig.visit(head);
        sent = rig.backend.accept().read_until("\r\n\r\n").size() + 5'000 + limits::http_replay_piece_cost;
    }
    settings.replay_bytes = static_cast<std::uint32_t>(fits ? sent : sent - 1);
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

// More visitors send `request` than there is room to keep it for, `large` bytes of each; yet all of them continue.
// `arrive` reads it at the backend.
template <typename Arrive>
void keep_too_much(const std::string& request, std::size_t large, Arrive arrive) {
    const std::size_t many = exchange::RetryMemory::max / large + 50;
    ferrotunnel::test::raise_descriptors(
        many * 5 + 100);  // both ends of the visitor's and of the backend's connection, and the reserve
    EdgeSettings settings = quick_settings();
    settings.first_byte_timeout = 600s;  // the first ones wait until the last one has come
    EdgeRig rig(settings);
    std::vector<Peer> visitors;
    std::vector<Peer> backends;
    for (std::size_t i = 0; i < many; ++i) {
        visitors.push_back(rig.visit(request));
        backends.push_back(rig.backend.accept());
        arrive(backends.back());
    }
    const auto kept = [&] { return on(rig.edge_worker(), [&] { return rig.edge->at(0).retry_memory.now; }); };
    CHECK(kept() <= exchange::RetryMemory::max);
    CHECK(kept() > exchange::RetryMemory::max - 2 * large);
    backends.back().send(answer("it came"));
    CHECK(visitors.back().read_message().body == "it came");
    for (Peer& visitor : visitors) {
        visitor.reset();  // after a mere end of sending the edge would wait for answers, as long as eventually() waits
    }
    CHECK(eventually([&] { return kept() == 0; }));
}

}  // namespace

TEST_CASE("what is kept of all requests together is bounded, and they continue") {
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
    EdgeSettings settings = quick_settings();
    settings.replay_bytes = 8'192;
    EdgeRig rig(settings);
    Peer visitor = rig.visit();
    Peer old = warm_up(rig, visitor);
    constexpr int chunks = 500;
    std::string body;
    for (int i = 0; i < chunks; ++i) {
        body += "1\r\nx\r\n";
    }
    REQUIRE(body.size() < settings.replay_bytes);
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
