// A visitor that another member has forwarded, at the member that serves it: bytes on a stream instead of a socket.
#include <catch2/catch.hpp>

#include "net/ip_text.hpp"
#include "unit/ingress/link_rig.hpp"

namespace ferrotunnel::ingress::test {
namespace {

directory::HttpVisitor visitor_from(std::string_view address) {
    directory::HttpVisitor visitor;
    visitor.address = *net::parse_ipv4(address);
    return visitor;
}

}  // namespace

TEST_CASE("forwarded visitor: what the entry knows of it counts, and what it claims itself does not") {
    LinkRig rig;
    directory::HttpVisitor facts = visitor_from("203.0.113.7");
    facts.https = GENERATE(false, true);
    facts.trusted = GENERATE(false, true);
    RawVisitor visitor(*rig.link, facts);
    visitor.send(get("/", "X-Forwarded-For: 9.9.9.9\r\nX-Request-Id: given-by-the-entry\r\n"));
    Peer backend = rig.host.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.field("x-forwarded-for") == (facts.trusted ? "9.9.9.9, 203.0.113.7" : "203.0.113.7"));
    CHECK(request.field("x-real-ip") == (facts.trusted ? "9.9.9.9" : "203.0.113.7"));
    CHECK(request.field("x-forwarded-proto") == (facts.https ? "https" : "http"));
    CHECK(request.field("x-request-id") == "given-by-the-entry");
    backend.send(answer("ok"));
    const std::string response = visitor.read_until("ok");
    CHECK(response.find("X-Request-Id: given-by-the-entry\r\n") != std::string::npos);
    CHECK(visitor.accepted());
}

TEST_CASE("forwarded visitor: without a service here the stream is reset before any byte, and nothing counts") {
    LinkRig rig(quick_settings(), [] {
        exchange::EdgeSettings settings = quick_settings();
        settings.hold = 60s;  // no visitor of another member waits here
        return settings;
    }());
    const auto carrier = std::make_shared<LinkCarrier>("third", rig.worker(), *rig.host.edge);
    std::string host = "app.test";
    SECTION("the host is unknown") {
        host = "unknown.test";
    }
    SECTION("the path is unknown") {
        directory::HttpDescription description = described("paths.test");
        description.path = *directory::read_http_path("/api");
        rig.host.join(5, description);
        host = "paths.test";
    }
    SECTION("its client is away") {
        auto service = rig.host.directory->routes()->find(host, "/", Clock::now()).service->shared_from_this();
        rig.host.directory->leave(*service, *rig.host.carrier, Clock::now());
    }
    SECTION("a third member has it") {
        must_join(*rig.host.directory, {}, 9, forwarded("third.test"), carrier);
        host = "third.test";
    }
    SECTION("its last trunk has just left") {
        rig.host.carrier->refuse_next = 10;
        rig.host.carrier->refuse_with = wire::Code::going_away;
    }
    SECTION("its client refuses the connection, and the next one") {
        rig.host.join(7, described("gone.test"));  // a service that the client does not have
        host = "gone.test";
    }
    RawVisitor visitor(*rig.link, visitor_from("203.0.113.7"));
    visitor.send(ask(host));
    CHECK(visitor.read_until({}).empty());
    REQUIRE(visitor.ended());
    CHECK(visitor.code() == wire::Code::unknown_service);
    CHECK(visitor.delivered() == 0);
    CHECK(carrier->opens == 0);
    CHECK(rig.host.counters().pages == 0);
    CHECK(eventually([&] { return rig.host.edge->connections() == 0; }));
}

TEST_CASE("forwarded visitor: a request that was accepted counts as delivered") {
    LinkRig rig;
    RawVisitor visitor(*rig.link, visitor_from("203.0.113.7"));
    const std::string request = post(5) + "he";
    visitor.send(request);
    Peer backend = rig.host.backend.accept();
    backend.read_until("he");
    on(rig.worker(), [&] { rig.host.edge->at(0).end(); });
    REQUIRE(eventually([&] { return visitor.ended(); }));
    CHECK(visitor.code() != wire::Code::unknown_service);
    CHECK(visitor.delivered() == request.size());
}

TEST_CASE("forwarded visitor: of a second request that is not for this member the first one's bytes count") {
    LinkRig rig;
    RawVisitor visitor(*rig.link, visitor_from("203.0.113.7"));
    visitor.send(get());
    Peer backend = rig.host.backend.accept_request();
    backend.send(answer("first"));
    CHECK(visitor.read_until("first").starts_with("HTTP/1.1 200"));
    visitor.send(ask("unknown.test"));
    CHECK(visitor.read_until({}).empty());
    REQUIRE(visitor.ended());
    CHECK(visitor.code() == wire::Code::unknown_service);
    CHECK(visitor.delivered() <= get().size());
}

TEST_CASE("forwarded visitor: the preface of HTTP/2 is not a request") {
    exchange::EdgeSettings settings = quick_settings();
    settings.h2c = true;
    LinkRig rig(quick_settings(), settings);
    RawVisitor visitor(*rig.link, visitor_from("203.0.113.7"));
    visitor.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    CHECK(visitor.read_until({}).starts_with("HTTP/1.1 "));
}

TEST_CASE("forwarded visitor: the connection ends in order, and a visitor that leaves ends it") {
    LinkRig rig;
    RawVisitor visitor(*rig.link, visitor_from("203.0.113.7"));
    visitor.send(get("/", "Connection: close\r\n"));
    serve_one(*std::make_unique<Peer>(rig.host.backend.accept()), "last");
    CHECK(visitor.read_until({}).ends_with("last"));
    CHECK(visitor.has_fin());
    CHECK(eventually([&] { return rig.host.edge->connections() == 0; }));
}

TEST_CASE("forwarded visitor: a server that drains sends it elsewhere") {
    LinkRig rig;
    on(rig.worker(), [&] { rig.host.edge->drain(); });
    RawVisitor visitor(*rig.link, visitor_from("203.0.113.7"));
    visitor.send(get());
    CHECK(visitor.read_until({}).empty());
    REQUIRE(visitor.ended());
    CHECK(visitor.code() == wire::Code::unknown_service);
}

TEST_CASE("forwarded visitor: it has no ticket here, even where all are taken") {
    exchange::EdgeSettings full = quick_settings();
    full.connections_per_address = 1;
    LinkRig rig(quick_settings(), full);
    Peer own = rig.host.visit(get());
    Peer first = rig.host.backend.accept_request();
    RawVisitor visitor(*rig.link, visitor_from("127.0.0.1"));
    visitor.send(get());
    serve_one(*std::make_unique<Peer>(rig.host.backend.accept()), "served");
    CHECK(visitor.read_until("served").ends_with("served"));
}

}  // namespace ferrotunnel::ingress::test
