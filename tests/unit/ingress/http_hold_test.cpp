// Requests whose service has no client at the moment wait for one, for as long as `hold` says.
#include <catch2/catch.hpp>

#include "support/descriptors.hpp"
#include "unit/h2/frames.hpp"
#include "unit/ingress/edge_rig.hpp"

namespace ferrotunnel::ingress::test {
namespace {

exchange::EdgeSettings with_hold(std::chrono::milliseconds hold = 60s) {
    exchange::EdgeSettings settings = quick_settings();
    settings.hold = hold;
    settings.h2c = true;
    settings.http2_streams = 10'000;
    return settings;
}

/// Whose service "away.test" has just gone.
class HoldRig : public EdgeRig {
public:
    explicit HoldRig(const exchange::EdgeSettings& settings = with_hold(), bool foreign = false)
        : EdgeRig(settings, foreign) {
        directory->leave(*add_service("away.test", 2, backend.place()), *carrier, Clock::now());
    }
    void come_back() { add_service("away.test", 2, backend.place()); }
    std::size_t waiting() {
        return on(edge_worker(), [&] { return edge->at(0).hold.waiting(); });
    }
    void wait_for(std::size_t count) {
        REQUIRE(eventually([&] { return waiting() == count; }));
    }
};

std::string h2_request(std::uint32_t stream) {
    using namespace h2::test;
    return frame(
        headers, end_headers | end_stream, stream,
        field(":method", "GET") + field(":scheme", "http") + field(":path", "/") + field(":authority", "away.test"));
}

}  // namespace

TEST_CASE("hold: requests wait for their service to come back, and continue in their order") {
    HoldRig rig(with_hold(), GENERATE(false, true));
    std::vector<Peer> visitors;
    for (const char* path : {"/0", "/1", "/x/../%32"}) {  // the last in another form of the path /2
        visitors.push_back(rig.visit(ask("away.test", path)));
        rig.wait_for(visitors.size());
    }
    rig.add_service("other.test", 3, rig.backend.place());  // this is not what they wait for
    Peer other = rig.visit(ask("other.test"));
    serve_one(*std::make_unique<Peer>(rig.backend.accept()), "other", "Connection: close\r\n");
    CHECK(other.read_message().body == "other");
    CHECK(rig.waiting() == 3);

    rig.come_back();
    for (const char* path : {"/0", "/1", "/2"}) {
        Peer backend = rig.backend.accept();
        CHECK(backend.read_message().start == std::string("GET ") + path + " HTTP/1.1");
        backend.send(answer(path, "Connection: close\r\n"));
    }
    for (std::size_t i = 0; i < visitors.size(); ++i) {
        CHECK(visitors[i].read_message().body == "/" + std::to_string(i));
    }
    CHECK(rig.waiting() == 0);
    CHECK(rig.counters().held.load() == 3);
}

TEST_CASE("hold: a request that waited gets the settings of a reload in between") {
    HoldRig rig;
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: away.test\r\nContent-Length: 5\r\n\r\n");
    rig.wait_for(1);
    HttpFrontRules rules;
    rules.edge = with_hold();
    rules.edge.body_max = 4;
    rig.edge->set_rules(std::move(rules));
    rig.come_back();
    CHECK(visitor.read_message().status() == 413);
    CHECK(rig.carrier->opens == 0);
}

TEST_CASE("hold: nobody waits for a client at an edge that drains") {
    HoldRig rig;
    Peer first = rig.visit(ask("away.test"));
    Peer by_h2 = rig.visit(h2::test::hello() + h2_request(1));
    rig.wait_for(2);
    rig.edge->drain();
    CHECK(first.read_message().start == "HTTP/1.1 503 Service Unavailable");
    CHECK(rig.waiting() == 0);
}

TEST_CASE("hold: a request's body waits where it is, and then continues") {
    HoldRig rig;
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: away.test\r\nContent-Length: 300000\r\n\r\n");
    const std::string body = random_text(300'000);
    visitor.send(body.substr(0, 10'000));
    rig.wait_for(1);
    rig.come_back();
    Peer backend = rig.backend.accept();
    visitor.send(body.substr(10'000));
    CHECK(backend.read_message().body == body);
    backend.send(answer("done"));
    CHECK(visitor.read_message().body == "done");
}

TEST_CASE("hold: a body of no bytes that ends meanwhile is whole for the backend") {
    using namespace h2::test;
    HoldRig rig;
    Peer visitor = rig.visit(h2::test::hello() + frame(headers, end_headers, 1,
                                                       field(":method", "POST") + field(":scheme", "http") +
                                                           field(":path", "/") + field(":authority", "away.test")));
    rig.wait_for(1);
    visitor.send(frame(data, end_stream, 1));
    visitor.send(h2_request(3));  // when that waits too, the end has been read
    rig.wait_for(2);
    rig.come_back();
    Peer backend = rig.backend.accept();
    const auto message = backend.read_message();
    CHECK(message.start == "POST / HTTP/1.1");
    CHECK(message.complete);
}

TEST_CASE("hold: when the time is over there is the page, and whoever comes later does not wait") {
    HoldRig rig(with_hold(300ms));
    Peer visitor = rig.visit(ask("away.test"));
    const auto page = visitor.read_message();
    CHECK(page.status() == 503);
    CHECK(page.field("x-ferrotunnel-error") == "no_client");
    CHECK(page.has("retry-after"));
    const auto held = rig.counters().held.load();  // 0 where this machine was slow
    visitor.send(ask("away.test"));
    CHECK(visitor.read_message().status() == 503);
    CHECK(rig.counters().held.load() == held);
    CHECK(rig.waiting() == 0);
    rig.come_back();
    visitor.send(ask("away.test"));
    rig.backend.accept_request().send(answer("back"));
    CHECK(visitor.read_message().body == "back");
}

TEST_CASE("hold: a visitor who leaves waits no longer") {
    HoldRig rig;
    Peer visitor = rig.visit(ask("away.test"));
    Peer other = rig.visit(h2::test::hello() + h2_request(1) + h2_request(3));
    rig.wait_for(3);
    visitor.reset();
    rig.wait_for(2);
    other.send(h2::test::frame(h2::test::rst_stream, 0, 1, h2::test::number(NGHTTP2_CANCEL, 4)));
    rig.wait_for(1);
    other.close();
    rig.wait_for(0);
    rig.come_back();
    Peer last = rig.visit(ask("away.test"));
    rig.backend.accept_request().send(answer("last"));
    CHECK(last.read_message().body == "last");
    CHECK(rig.backend.accepted == 1);
}

TEST_CASE("hold: a request on its way by a connection that goes is sent by the next one, or a successor's") {
    const bool is_successor = GENERATE(true, false);
    HoldRig rig;
    const auto old = rig.add_service("away.test", 2, rig.backend.place());
    rig.carrier->refuse_with = wire::Code::going_away;
    rig.carrier->refuse_next = 1;
    // The client takes no more streams, and is asked before it has left.
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: away.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    rig.wait_for(1);
    visitor.send("0\r\n\r\n");
    if (is_successor) {
        rig.directory->leave(*old, *rig.carrier, Clock::now());
        rig.come_back();
    } else {  // the next connection is there before the old one has left
        rig.join(old->description(), 2, std::make_shared<PairCarrier>(rig.pair));
    }
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().body == "abc");
    backend.send(answer("done"));
    CHECK(visitor.read_message().body == "done");
    CHECK(rig.waiting() == 0);
}

TEST_CASE("hold: a request on its way continues with a connection whose backend has become healthy") {
    HoldRig rig;
    const auto service = rig.add_service("away.test", 2, rig.backend.place());
    const auto other = std::make_shared<PairCarrier>(rig.pair);
    rig.join(service->description(), 2, other);
    rig.directory->set_health(*service, *other, {.healthy = false});
    rig.carrier->refuse_with = wire::Code::going_away;
    rig.carrier->refuse_next = 1;
    Peer visitor = rig.visit(ask("away.test"));
    rig.wait_for(1);
    rig.directory->set_health(*service, *other, {.healthy = true});
    serve_one(*std::make_unique<Peer>(rig.backend.accept()), "done", "Connection: close\r\n");
    CHECK(visitor.read_message().body == "done");
    CHECK(rig.waiting() == 0);
}

TEST_CASE("hold: of many requests that continue at once, those beyond what a client is asked for wait in line") {
    constexpr std::uint32_t many = limits::opens_unanswered_per_service_max + 44;
    ferrotunnel::test::raise_descriptors(many * 5 + 100);
    HoldRig rig;
    const auto service = rig.add_service("away.test", 2, rig.backend.place());
    rig.carrier->refuse_with = wire::Code::going_away;
    rig.carrier->refuse_next = many;
    Peer visitor = rig.visit(h2::test::hello());
    for (std::uint32_t i = 0; i < many; ++i) {
        visitor.send(h2_request(2 * i + 1));
    }
    rig.wait_for(many);
    rig.join(service->description(), 2, std::make_shared<PairCarrier>(rig.pair));
    std::vector<Peer> backends;
    for (std::uint32_t i = 0; i < many; ++i) {
        backends.push_back(rig.backend.accept_request());
    }
    CHECK(rig.counters().pages.load() == 0);
}

TEST_CASE("hold: a successor with other rules is none, and nobody waits for another one") {
    HoldRig rig(with_hold(600s));
    const auto old = rig.add_service("away.test", 2, rig.backend.place());
    rig.carrier->refuse_with = wire::Code::going_away;
    rig.carrier->refuse_next = 1;
    const auto replace = [&] {
        rig.directory->leave(*old, *rig.carrier, Clock::now());
        directory::HttpDescription other = described("away.test");
        other.rules.host = "inner.test";
        rig.join(other, 3, rig.carrier);
    };
    const bool waits = GENERATE(true, false);
    if (!waits) {
        rig.carrier->before_refusal = replace;
    }
    Peer visitor = rig.visit(ask("away.test"));
    if (waits) {
        rig.wait_for(1);
        replace();
    }
    CHECK(visitor.read_message().status() == 503);
    CHECK(rig.counters().held.load() == (waits ? 1 : 0));
}

TEST_CASE("hold: what changes after the routes were looked at, and before a visitor enters, is seen") {
    class Waiting final : public exchange::HoldWaiter {
    public:
        std::atomic<int> asked{0};

    private:
        void on_change() noexcept override { ++asked; }
    };
    HoldRig rig;
    Waiting waiting;
    const auto service = rig.add_service("away.test", 2, rig.backend.place());
    REQUIRE(on(rig.edge_worker(), [&] {
        (void)rig.edge->at(0).routes.get();
        rig.directory->set_health(*service, *rig.carrier, {.healthy = false});
        return rig.edge->at(0).hold.enter(waiting, 1);
    }));
    CHECK(eventually([&] { return waiting.asked == 1; }));
}

TEST_CASE("limit: so many requests of a worker wait, and one more gets its page at once") {
    HoldRig rig;
    Peer visitor = rig.visit(h2::test::hello());
    for (std::uint32_t i = 0; i < exchange::HoldQueue::visitors_max; ++i) {
        visitor.send(h2_request(2 * i + 1));
    }
    rig.wait_for(exchange::HoldQueue::visitors_max);
    Peer beyond = rig.visit(ask("away.test"));
    CHECK(beyond.read_message().status() == 503);
    visitor.close();
    rig.wait_for(0);
    Peer next = rig.visit(ask("away.test"));
    rig.wait_for(1);
}

TEST_CASE("limit: the heads of those who wait take so much, and one more gets its page at once") {
    HoldRig rig;
    const std::string field = "X: " + std::string(15'000, 'x') + "\r\n";
    const std::size_t more_than_fit = exchange::HoldQueue::bytes_max / (4 * field.size()) + 1;
    std::vector<Peer> visitors;
    while (rig.counters().pages.load() == 0 && visitors.size() < more_than_fit) {
        visitors.push_back(rig.visit(ask("away.test", "/", field + field + field + field)));
        REQUIRE(eventually([&] { return rig.waiting() + rig.counters().pages.load() == visitors.size(); }));
    }
    CHECK(rig.counters().pages.load() == 1);
    CHECK(rig.waiting() > more_than_fit / 4);
    visitors.front().reset();
    rig.wait_for(visitors.size() - 2);
    visitors.push_back(rig.visit(ask("away.test")));
    rig.wait_for(visitors.size() - 2);
}

}  // namespace ferrotunnel::ingress::test
