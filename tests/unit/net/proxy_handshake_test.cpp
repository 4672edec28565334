#include "net/proxy_handshake.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "base/limits.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::net;

namespace {

using State = ProxyHandshake::State;

const HostPort server{"tunnel.example.com", 7835};

Proxy proxy(const std::string& url) {
    return *parse_proxy(url);
}

Bytes byte_view(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The verdict on this answer, which has to be the same however it arrives.
std::string handshake_verdict(const std::string& url, const std::string& answer) {
    std::string said;
    for (const std::size_t piece : {answer.size(), std::size_t{1}, std::size_t{3}}) {
        ProxyHandshake handshake(proxy(url), server);
        (void)handshake.take_output();
        State state = State::in_progress;
        for (std::size_t i = 0; i < answer.size() && state == State::in_progress; i += piece) {
            state = handshake.receive(byte_view(std::string_view(answer).substr(i, piece)));
        }
        const std::string now = state == State::done          ? "done"
                                : state == State::in_progress ? "continuing"
                                                              : handshake.failure();
        // Bytes behind the answer are only noticed when they come with it.
        if (said.empty()) {
            said = now;
        } else if (said != "sent more than its answer") {
            CHECK(now == said);
        }
    }
    return said;
}

std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) {
        text.push_back(static_cast<char>(value));
    }
    return text;
}

}  // namespace

TEST_CASE("CONNECT names the server, and the login if there is one") {
    CHECK(ProxyHandshake(proxy("http://p:1"), server).take_output() ==
          "CONNECT tunnel.example.com:7835 HTTP/1.1\r\nHost: tunnel.example.com:7835\r\n\r\n");
    CHECK(ProxyHandshake(proxy("http://Aladdin:open%20sesame@p:1"), {"::1", 1}).take_output() ==
          "CONNECT [::1]:1 HTTP/1.1\r\nHost: [::1]:1\r\n"
          "Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    // The alphabet of base64, not that of base64url.
    CHECK(ProxyHandshake(proxy("http://a:%C3%BF%C3%BE%3F@p:1"), server).take_output().find("Basic YTrDv8O+Pw==") !=
          std::string::npos);
}

TEST_CASE("answers to CONNECT") {
    const std::string url = "http://proxy:3128";
    CHECK(handshake_verdict(url, "HTTP/1.1 200 Connection established\r\n\r\n") == "done");
    CHECK(handshake_verdict(url, "HTTP/1.0 200\r\nVia: x\r\n\r\n") == "done");
    CHECK(handshake_verdict(url, "HTTP/1.1 200 OK\r\n") == "continuing");
    CHECK(handshake_verdict(url, "HTTP/1.1 200 OK\r\n\r\nSSH") == "sent more than its answer");
    CHECK(handshake_verdict(url, "HTTP/1.1 503 Service\x1bUnavailable\r\n\r\n") ==
          "does not connect to tunnel.example.com:7835: it answers 503 Service?Unavailable");
    CHECK(handshake_verdict(url, "HTTP/1.1 403 Forbidden\r\n\r\n") ==
          "does not connect to tunnel.example.com:7835: it answers 403 Forbidden (many proxies allow port 443 only)");
    CHECK(handshake_verdict(url, "HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n") ==
          "requires a user and password: http://USER:PASSWORD@proxy:3128");
    CHECK(handshake_verdict("http://u:p@proxy:3128",
                            "HTTP/1.1 407 x\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate:BASIC\r\n\r\n") ==
          "does not accept this user and password");
    CHECK(
        handshake_verdict(url, "HTTP/1.1 407 x\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n\r\n") ==
        "requires a login by NTLM, but only Basic is supported: use a local proxy that supports it (cntlm, px) in "
        "between");
    CHECK(handshake_verdict(url, "HTTP/1.1 407 x\r\n\r\n") == "requires a kind of login that is not supported");
    CHECK(handshake_verdict(url, "SSH-2.0-x\r\n") ==
          "does not answer as an HTTP proxy; is it a SOCKS5 one (socks5://)?");
    CHECK(handshake_verdict(url, "HTTP/1.1 2000 OK\r\n\r\n") == "does not answer as an HTTP proxy");
    CHECK(handshake_verdict(url, "HTTP/1.1 20\r\n\r\n") == "does not answer as an HTTP proxy");
}

TEST_CASE("limit: an answer to CONNECT without an end") {
    const std::string start = "HTTP/1.1 200 OK\r\nX: ";
    ProxyHandshake handshake(proxy("http://p:1"), server);
    const std::string most = start + std::string(limits::proxy_answer_bytes_max - start.size(), 'x');
    CHECK(handshake.receive(byte_view(most)) == State::in_progress);
    CHECK(handshake.receive(byte_view("x")) == State::failed);
    CHECK(handshake.failure() == "answers with more than 16384 bytes");
}

TEST_CASE("SOCKS5 asks for the name, which the proxy resolves") {
    ProxyHandshake handshake(proxy("socks5://p:1"), {"a.test", 0x1234});
    CHECK(handshake.take_output() == bytes({5, 1, 0}));
    CHECK(handshake.receive(byte_view(bytes({5, 0}))) == State::in_progress);
    CHECK(handshake.take_output() == bytes({5, 1, 0, 3, 6}) + "a.test" + bytes({0x12, 0x34}));
    CHECK(handshake.receive(byte_view(bytes({5, 0, 0, 1, 0, 0, 0, 0, 0, 0}))) == State::done);
    CHECK(handshake.take_output().empty());
}

TEST_CASE("SOCKS5 with a login, and to an address") {
    ProxyHandshake handshake(proxy("socks5://us:pw@p:1"), {"192.0.2.1", 80});
    CHECK(handshake.take_output() == bytes({5, 2, 0, 2}));
    CHECK(handshake.receive(byte_view(bytes({5, 2}))) == State::in_progress);
    CHECK(handshake.take_output() == bytes({1, 2}) + "us" + bytes({2}) + "pw");
    CHECK(handshake.receive(byte_view(bytes({1, 0}))) == State::in_progress);
    CHECK(handshake.take_output() == bytes({5, 1, 0, 1, 192, 0, 2, 1, 0, 80}));
    CHECK(handshake.receive(byte_view(bytes({5, 0, 0, 3, 1, 'x', 0, 0}))) == State::done);
}

TEST_CASE("answers of SOCKS5") {
    const std::string url = "socks5://proxy:1080";
    const std::string login = "socks5://u:p@proxy:1080";
    CHECK(handshake_verdict(url, bytes({5, 0, 5, 0, 0, 4}) + std::string(18, '\0')) == "done");
    CHECK(handshake_verdict(url, bytes({5, 0, 5, 0, 0, 4}) + std::string(17, '\0')) == "continuing");
    CHECK(handshake_verdict(url, bytes({5, 0, 5, 0, 0, 1}) + std::string(7, '\0')) == "sent more than its answer");
    CHECK(handshake_verdict(url, bytes({5, 255})) == "requires a login: socks5://USER:PASSWORD@proxy:1080");
    CHECK(handshake_verdict(url, bytes({5, 2})) == "requires a login: socks5://USER:PASSWORD@proxy:1080");
    CHECK(handshake_verdict(login, bytes({5, 255})) == "accepts no user and password");
    CHECK(handshake_verdict(login, bytes({5, 2, 1, 1})) == "does not accept this user and password");
    CHECK(handshake_verdict(url, bytes({5, 0, 5, 2, 0})) == "does not allow this connection by its rules");
    CHECK(handshake_verdict(url, bytes({5, 0, 5, 4, 0})) == "cannot reach the server (tunnel.example.com:7835)");
    CHECK(handshake_verdict(url, bytes({5, 0, 5, 77, 0})) == "failed with an unknown SOCKS5 code");
    CHECK(handshake_verdict(url, bytes({5, 0, 5, 0, 0, 9, 9})) == "does not answer as a SOCKS5 proxy");
    CHECK(handshake_verdict(url, "HTTP/1.1 400 Bad Request\r\n\r\n") ==
          "does not answer as a SOCKS5 proxy; is it an HTTP one (http://)?");
}
