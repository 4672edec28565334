#include "exchange/grpc_status.hpp"

#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress::test;

TEST_CASE("which requests are calls of gRPC", "[grpc]") {
    for (const char* type :
         {"application/grpc", "application/grpc+proto", "Application/gRPC; x=1", "application/grpc "}) {
        CHECK(is_grpc(type));
    }
    for (const char* type :
         {"", "application/grpc-web", "application/grpc-web+proto", "application/grp", "text/html"}) {
        CHECK_FALSE(is_grpc(type));
    }
}

TEST_CASE("the edge's own errors are a status of gRPC for its clients", "[grpc]") {
    EdgeRig rig;
    Peer visitor = rig.visit();
    std::string status;
    std::string code;
    std::string cause;
    SECTION("a host that nobody has registered") {
        visitor.send("POST /s/m HTTP/1.1\r\nHost: other.test\r\nContent-Type: application/grpc\r\n\r\n");
        status = "12";
        code = "unknown_host";
        cause = "404";
    }
    SECTION("a backend that refuses") {
        rig.backend.close();
        visitor.send(post(0, "Content-Type: application/grpc+proto\r\nAccept: text/html\r\n"));
        status = "14";
        code = "backend_refused";
        cause = "502";
    }
    const Message response = visitor.read_message();
    CHECK(response.status() == 200);
    CHECK(response.field("grpc-status") == status);
    CHECK(response.field("grpc-message").find(": " + code) != std::string::npos);
    CHECK(response.field("content-type") == "application/grpc");
    CHECK(response.field("content-length") == "0");
    CHECK(response.field("x-ferrotunnel-error") == code);
    CHECK(response.body.empty());
    CHECK(rig.log.count("a request was answered by the edge") == 1);
    CHECK(rig.log.count("status=" + cause + " code=" + code) == 1);  // the log has the cause
}

TEST_CASE("clients of gRPC-Web read HTTP's status", "[grpc]") {
    EdgeRig rig;
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: other.test\r\nContent-Type: application/grpc-web\r\n\r\n");
    const Message response = visitor.read_message();
    CHECK(response.status() == 404);
    CHECK_FALSE(response.has("grpc-status"));
}

TEST_CASE("each status of a page has one of gRPC", "[grpc]") {
    for (std::size_t i = 0; i < http::page_states; ++i) {
        CHECK(grpc_status_of(http::info_of(static_cast<http::PageState>(i)).status) != "2");
    }
    CHECK(grpc_status_of(504) == "4");
    CHECK(grpc_status_of(418) == "2");
}
