#include "backend/backend.hpp"

#include <catch2/catch.hpp>

#include "runtime/socket.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::backend;
using wire::ServiceKind;

namespace {

std::string in_full(const std::string& text, ServiceKind kind) {
    auto place = parse_backend_address(text, kind);
    REQUIRE(place);
    const std::string full = to_text(*place, kind);
    CHECK(*parse_backend_address(full, kind) == *place);
    return full;
}

std::string refusal(const std::string& text, ServiceKind kind) {
    auto place = parse_backend_address(text, kind);
    REQUIRE_FALSE(place);
    return place.error();
}

}  // namespace

TEST_CASE("a backend is an address, a unix socket, or an address that speaks TLS", "[backend]") {
    for (ServiceKind kind : {ServiceKind::tcp, ServiceKind::http, ServiceKind::tls}) {
        CHECK(in_full("db.internal:5432", kind) == "db.internal:5432");
        CHECK(in_full("[::1]:22", kind) == "[::1]:22");
        CHECK(in_full(":22", kind) == "localhost:22");
        CHECK(in_full("22", kind) == "localhost:22");
        CHECK(in_full("unix:/run/app.sock", kind) == "unix:/run/app.sock");
        CHECK_FALSE(parse_backend_address("db.internal:5432", kind)->tls);
    }
    CHECK(in_full("https://app.internal", ServiceKind::http) == "https://app.internal:443");
    CHECK(in_full("https://:8443", ServiceKind::http) == "https://127.0.0.1:8443");
    CHECK(in_full("https://[::1]", ServiceKind::http) == "https://[::1]:443");
    CHECK(in_full("https://localhost:8443/", ServiceKind::http) == "https://localhost:8443");
    CHECK(in_full("h2c://localhost:50051", ServiceKind::http) == "h2c://localhost:50051");
    CHECK(in_full("h2c://app.internal", ServiceKind::http) == "h2c://app.internal:80");
    CHECK(in_full("h2://app.internal/", ServiceKind::http) == "h2://app.internal:443");
    CHECK(parse_backend_address("h2c://:1", ServiceKind::http)->http2);
    CHECK_FALSE(parse_backend_address("h2c://:1", ServiceKind::http)->tls);
    CHECK(parse_backend_address("h2://:1", ServiceKind::http)->http2);
    CHECK(parse_backend_address("h2://:1", ServiceKind::http)->tls);
    CHECK_FALSE(parse_backend_address("https://:1", ServiceKind::http)->http2);
    CHECK(in_full("http://localhost:3000", ServiceKind::http) == "localhost:3000");
    CHECK(in_full("http://localhost:3000/", ServiceKind::http) == "localhost:3000");
    CHECK(in_full("http://app.internal", ServiceKind::http) == "app.internal:80");
    CHECK_FALSE(parse_backend_address("http://app.internal", ServiceKind::http)->tls);
    CHECK(in_full("tls://db.internal:5433", ServiceKind::tcp) == "tls://db.internal:5433");
    CHECK(parse_backend_address("https://app.internal", ServiceKind::http)->tls);
    CHECK(parse_backend_address("tls://db.internal:5433", ServiceKind::tcp)->tls);
}

TEST_CASE("what is no backend is refused in words that say how it is written", "[backend]") {
    for (const char* text : {"", "nowhere", "host:0", "host:99999", "0", "99999", "https://", "https://host:0",
                             "https://user@host:1", "ftp://host:21"}) {
        CAPTURE(text);
        CHECK(refusal(text, ServiceKind::http) == "is not a valid address; expected host:port");
    }
    CHECK(refusal("tls://host", ServiceKind::tcp) == "is not a valid address; expected host:port");
    CHECK(refusal("tls://host:1", ServiceKind::http) == "must be written as https://host:port for an HTTP service");
    CHECK(refusal("https://host:1", ServiceKind::tcp) == "must be written as tls://host:port for a TCP service");
    CHECK_THAT(refusal("http://host:1", ServiceKind::tcp), Catch::Contains("begins with http://, which is left out"));
    for (const char* text : {"http://host:1/path", "https://host:1/path", "https://host:1//"}) {
        CHECK(refusal(text, ServiceKind::http) == "has a path; expected only host:port");
    }
    CHECK(refusal("grpc://host:1", ServiceKind::http) == "must be written as h2c://host:port: gRPC is HTTP/2");
    CHECK(refusal("grpcs://host:1", ServiceKind::http) == "must be written as h2://host:port: gRPC is HTTP/2");
    CHECK(refusal("h2c://host:1/x", ServiceKind::http) == "has a path; expected only host:port");
    for (ServiceKind kind : {ServiceKind::tcp, ServiceKind::tls, ServiceKind::udp}) {
        CHECK(refusal("h2c://host:1", kind) ==
              "begins with h2c://, which only an HTTP service has; expected host:port");
    }
    CHECK_THAT(refusal("https://host:1", ServiceKind::tls),
               Catch::Contains("asks for TLS, but this kind of service forwards the visitor's TLS"));
    CHECK_THAT(refusal("unix:app.sock", ServiceKind::tcp), Catch::Contains("its absolute path"));
    CHECK_THAT(refusal("unix:", ServiceKind::tcp), Catch::Contains("its absolute path"));
    CHECK_THAT(refusal("unix:/a\nb", ServiceKind::tcp), Catch::Contains("control characters"));
}

TEST_CASE("limit: the path of a unix socket", "[backend][limits]") {
    const std::string longest = "/" + std::string(runtime::unix_path_max - 1, 'x');
    CHECK(in_full("unix:" + longest, ServiceKind::http) == "unix:" + longest);
    CHECK(refusal("unix:" + longest + "x", ServiceKind::http) == "has a path of more than 107 bytes");
}
