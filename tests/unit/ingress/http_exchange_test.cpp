#include "ingress/http_exchange.hpp"

#include <catch2/catch.hpp>
#include <thread>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;
using namespace std::chrono_literals;

TEST_CASE("a request is sent anew to the backend, and its answer to the visitor") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    Peer visitor = rig.visit();
    visitor.send("GET /path?x=1 HTTP/1.1\r\nHost: APP.test.\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: x-own, close\r\n"
                 "X-Own: 1\r\nX-Kept: yes\r\n\r\n");
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.start == "GET /path?x=1 HTTP/1.1");
    CHECK(request.field("x-kept") == "yes");
    CHECK_FALSE(request.has("x-own"));
    CHECK(request.field("x-forwarded-for") == "127.0.0.1");
    CHECK(request.field("x-forwarded-proto") == "http");
    CHECK(request.field("x-request-id").size() == 15);
    backend.send(answer("hello", "X-Backend: 1\r\nConnection: x-secret\r\nX-Secret: 2\r\n"));
    const Message response = visitor.read_message();
    CHECK(response.status() == 200);
    CHECK(response.body == "hello");
    CHECK(response.field("x-backend") == "1");
    CHECK_FALSE(response.has("x-secret"));
    CHECK(response.field("x-request-id") == request.field("x-request-id"));
    CHECK(response.field("connection") == "close");
    CHECK(visitor.read_to_end().empty());
    CHECK_FALSE(visitor.was_reset());
}
