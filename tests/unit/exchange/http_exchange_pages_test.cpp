// What the edge answers in a backend's place, and that a backend cannot pass for the edge.
#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress::test;

TEST_CASE("states that a visitor can meet have a status, a code and a line in the log") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    int status = 0;
    std::string code;
    SECTION("a host that nobody has registered") {
        visitor.send(ask("other.test"));
        status = 404;
        code = "unknown_host";
    }
    SECTION("a host whose client has gone") {
        auto service = rig.add_service("away.test", 9, rig.backend.place());
        rig.directory->leave(*service, *rig.carrier, Clock::now());
        visitor.send(ask("away.test"));
        status = 503;
        code = "no_client";
    }
    SECTION("no room on any connection") {
        rig.carrier->refuse_next = 1;
        visitor.send(get());
        status = 503;
        code = "busy";
    }
    SECTION("a token that has as many visitors as it may: another trunk would say the same") {
        rig.carrier->refuse_with = wire::Code::limit;
        rig.carrier->refuse_next = 2;
        visitor.send(get());
        status = 503;
        code = "quota";
    }
    SECTION("a client that leaves just now") {
        rig.carrier->refuse_with = GENERATE(wire::Code::unknown_service, wire::Code::going_away);
        rig.carrier->refuse_next = 1;
        visitor.send(get());
        status = 503;
        code = "no_client";
    }
    SECTION("a backend that refuses") {
        rig.backend.close();
        visitor.send(get());
        status = 502;
        code = "backend_refused";
    }
    SECTION("a backend that closes without a word") {
        visitor.send(get());
        Peer backend = rig.backend.accept_request();
        backend.close();
        status = 502;
        code = "closed_early";
    }
    SECTION("a backend that resets") {
        visitor.send(get());
        Peer backend = rig.backend.accept_request();
        backend.reset();
        status = 502;
        code = "reset";
    }
    SECTION("a backend that does not speak HTTP") {
        visitor.send(get());
        Peer backend = rig.backend.accept_request();
        backend.send("SSH-2.0-OpenSSH_9.2\r\n\r\n");
        status = 502;
        code = "bad_version";
    }
    SECTION("a request that breaks the rules") {
        visitor.send("GET / HTTP/1.1\r\nHost: app.test\r\nBad Name: 1\r\n\r\n");
        status = 400;
    }
    SECTION("CONNECT") {
        visitor.send("CONNECT app.test:443 HTTP/1.1\r\nHost: app.test:443\r\n\r\n");
        status = 405;
    }
    SECTION("a path that leads out of the root") {
        visitor.send(get("/a/../../b"));
        status = 400;
        code = "bad_path";
    }
    const Message response = visitor.read_message();
    CHECK(response.status() == status);
    CHECK(response.complete);
    if (!code.empty()) {
        CHECK(response.field("x-ferrotunnel-error") == code);
    }
    CHECK(response.field("x-ferrotunnel-error") != "");
    CHECK(response.field("x-request-id").size() == 15);
    CHECK((status == 503) == response.has("retry-after"));
    CHECK(rig.log.count("a request was answered by the edge") == 1);
    CHECK(rig.log.count("code=" + response.field("x-ferrotunnel-error")) == 1);
    CHECK(rig.log.count("a request was answered by the edge request=" + response.field("x-request-id")) == 1);
    CHECK(rig.counters().pages == 1);
}

TEST_CASE("several Accept fields are one list") {
    EdgeRig rig;
    Peer visitor =
        rig.visit("GET / HTTP/1.1\r\nHost: other.test\r\nAccept: text/html;q=0.1\r\nAccept: application/json\r\n\r\n");
    CHECK(visitor.read_message().field("content-type").rfind("application/json", 0) == 0);
}

TEST_CASE("a backend cannot speak as the edge does") {
    EdgeRig rig;
    Peer visitor = rig.visit(get());
    Peer backend = rig.backend.accept_request();
    backend.send(answer("mine", "X-FerroTunnel-Error: unknown_host\r\n"));
    const Message response = visitor.read_message();
    CHECK(response.body == "mine");
    CHECK_FALSE(response.has("x-ferrotunnel-error"));
}

TEST_CASE("after a page the visitor's connection continues, if its request was read") {
    EdgeRig rig;
    Peer visitor = rig.visit(ask("other.test"));
    CHECK(visitor.read_message().status() == 404);
    visitor.send("HEAD / HTTP/1.1\r\nHost: other.test\r\n\r\n");
    const Message head = visitor.read_message(true);
    CHECK(head.status() == 404);
    CHECK(head.field("content-length") != "0");
    visitor.send(get());
    Peer backend = rig.backend.accept_request();
    backend.send(answer("here"));
    CHECK(visitor.read_message().body == "here");
}
