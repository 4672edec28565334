// Settings of a service that differ from the server's: as a value, and at the edge.
#include "exchange/http_settings.hpp"

#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

namespace {

void add_limited(EdgeRig& rig, const std::string& host, std::uint32_t id, const directory::HttpServiceLimits& limits) {
    directory::HttpDescription description = described(host);
    description.limits = limits;
    rig.add_service(description, id, rig.backend.place());
}

directory::HttpServiceLimits of_body(std::uint64_t most) {
    directory::HttpServiceLimits limits;
    limits.body_bytes_max = most;
    return limits;
}

std::string head(const std::string& more) {
    return "POST /up HTTP/1.1\r\nHost: small.test\r\n" + more + "\r\n";
}

const std::string chunked = head("Transfer-Encoding: chunked\r\n");

}  // namespace

TEST_CASE("a service's limits go before the server's, but for what it is not allowed") {
    HttpServiceSettings usual{HttpServerSettings()};
    CHECK(settings_for(usual, {}) == usual);
    directory::HttpServiceLimits own;
    own.backend_connect = 1s;
    own.first_byte = 10min;
    own.upgraded_idle = 2s;
    own.body_bytes_per_second_min = 0;
    own.body_bytes_max = 100;
    own.upgrades = false;
    const HttpServiceSettings settings = settings_for(usual, own);
    CHECK(settings.backend_connect == 1s);
    CHECK(settings.first_byte == 10min);
    CHECK(settings.upgraded_idle == 2s);
    CHECK(settings.body_bytes_per_second_min == 0);
    CHECK(settings.body_grace == usual.body_grace);
    CHECK(settings.body_bytes_max == 100);
    CHECK_FALSE(settings.upgrades);
    usual.upgrades = false;
    usual.body_bytes_max = 50;
    own.upgrades = true;
    CHECK_FALSE(settings_for(usual, own).upgrades);
    CHECK(settings_for(usual, own).body_bytes_max == 50);
}

TEST_CASE("a body whose declared length is too large is 413, and the backend is not asked") {
    EdgeRig rig;
    add_limited(rig, "small.test", 5, of_body(10));
    Peer visitor = rig.visit(head("Content-Length: 10\r\n") + "0123456789");
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().body == "0123456789");
    backend.send(answer("fits"));
    CHECK(visitor.read_message().body == "fits");
    visitor.send(head("Content-Length: 11\r\nExpect: 100-continue\r\n"));
    const Message response = visitor.read_message();
    CHECK(response.status() == 413);
    CHECK(response.field("x-ferrotunnel-error") == "body_too_large");
    CHECK(response.field("connection") == "close");
    CHECK(visitor.read_to_end().empty());
    CHECK(rig.counters().backend_opened == 1);
    CHECK(rig.counters().backend_reused == 0);
}

TEST_CASE("a chunked body is counted as it comes: 413, and the backend sees a reset and no end") {
    EdgeRig rig;
    add_limited(rig, "small.test", 5, of_body(10));
    Peer visitor = rig.visit(chunked + "6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n");
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().body == "0123456789");
    backend.send(answer("fits"));
    CHECK(visitor.read_message().body == "fits");

    visitor.send(chunked + "6\r\n012345\r\n");
    backend.read_until("012345");
    visitor.send("5\r\n67890\r\n0\r\n\r\n");
    const Message response = visitor.read_message();
    CHECK(response.status() == 413);
    CHECK(response.field("x-ferrotunnel-error") == "body_too_large");
    CHECK(backend.read_to_end().find("67890") == std::string::npos);
    CHECK(backend.was_reset());
}

TEST_CASE("a chunked body that becomes too large when the answer has begun cuts the answer") {
    EdgeRig rig;
    add_limited(rig, "small.test", 5, of_body(10));
    Peer visitor = rig.visit(chunked + "6\r\n012345\r\n");
    Peer backend = rig.backend.accept();
    backend.read_until("012345");
    backend.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    CHECK(visitor.read_until("\r\n\r\nab").starts_with("HTTP/1.1 200"));
    visitor.send("5\r\n67890\r\n");
    CHECK(visitor.read_to_end().empty());
    CHECK(backend.read_to_end().find("67890") == std::string::npos);
    CHECK(rig.counters().answers_cut == 1);
}

TEST_CASE("a long poll survives where its service has more time, and is 504 where it has not") {
    EdgeSettings settings = quick_settings();
    settings.first_byte_timeout = 100ms;
    settings.backend_connect_timeout = 1h;  // this time is not waited for
    EdgeRig rig(settings);
    directory::HttpServiceLimits patient;
    patient.first_byte = 10min;
    add_limited(rig, "poll.test", 5, patient);
    Peer poller = rig.visit(ask("poll.test"));
    Peer slow = rig.backend.accept();
    CHECK(slow.read_message().start == "GET / HTTP/1.1");
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept();
    CHECK(visitor.read_message().status() == 504);
    slow.send(answer("at last"));
    CHECK(poller.read_message().body == "at last");
}

TEST_CASE("an upgrade is an ordinary request where the service wants none") {
    EdgeRig rig;
    directory::HttpServiceLimits none;
    none.upgrades = false;
    add_limited(rig, "plain.test", 5, none);
    Peer visitor = rig.visit("GET / HTTP/1.1\r\nHost: plain.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    Peer backend = rig.backend.accept();
    CHECK_FALSE(backend.read_message().has("upgrade"));
    backend.send(answer("plain"));
    CHECK(visitor.read_message().body == "plain");
}
