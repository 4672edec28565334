#include "ingress/connect_head.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "http/request_parser.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress;

namespace {

ConnectRequest ask_of(const std::string& target, const std::string& fields) {
    const std::string text = "CONNECT " + target + " HTTP/1.0\r\n" + fields + "\r\n";
    http::RequestParser parser({}, true);
    REQUIRE(parser.parse(text) == http::ParseState::complete);
    return read_connect(parser.head());
}

std::string password_in(const std::string& value) {
    return ask_of("a:1", "Proxy-Authorization: " + value + "\r\n").password;
}

}  // namespace

TEST_CASE("connect: the host is in normal form, without its port") {
    CHECK(ask_of("SSH.Laptop:22", "").host == "ssh.laptop");
    CHECK(ask_of("[::1]:22", "").host == "[::1]");
    CHECK(ask_of("ssh.laptop.:22", "").host == "ssh.laptop");
}

TEST_CASE("connect: the password is what stands behind the first colon") {
    CHECK(password_in("Basic bWU6YTpi") == "a:b");           // me:a:b
    CHECK(password_in("bAsIc   OnNlY3JldA==") == "secret");  // :secret
    CHECK(password_in("Basic bWU6") == "");                  // me:
}

TEST_CASE("connect: credentials that cannot be read are none") {
    for (const char* value : {"Basic", "Basic bWU", "Basic b*U6YQ==", "Basic bWU=", "Bearer bWU6YTpi", "Basicb bWU6",
                              "Basic ====", "Basic bWU6YTpi bWU6YTpi"}) {
        INFO(value);
        CHECK(password_in(value).empty());
    }
    CHECK(password_in("Basic " + std::string(1'028, 'b')).empty());
    CHECK(ask_of("a:1", "").password.empty());
    CHECK(ask_of("a:1", "Proxy-Authorization: Basic bWU6YQ==\r\nProxy-Authorization: Basic bWU6YQ==\r\n").password ==
          "");
    CHECK(ask_of("a:1", "Authorization: Basic bWU6YQ==\r\n").password.empty());
}

TEST_CASE("connect: refusals are whole answers that end the connection") {
    CHECK(written_refusal(407, "Show a token.") ==
          "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"a token of this server\"\r\n"
          "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 14\r\nConnection: close\r\n\r\nShow a token.\n");
    CHECK(written_refusal(405, "No.").find("\r\nAllow: CONNECT\r\n") != std::string::npos);
}
