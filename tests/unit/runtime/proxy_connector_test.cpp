#include "runtime/proxy_connector.hpp"

#include <sys/socket.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "unit/runtime/loopback.hpp"
#include "unit/runtime/own_loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace ferrotunnel::runtime::test;
using namespace std::chrono_literals;

namespace {

/// A proxy that says what the test lets it say, and what became of the connector's attempt.
struct ProxyFixture {
    explicit ProxyFixture(Connector::Options options = {}) {
        const net::HostPort place{"127.0.0.1", local_address(listener.get()).port()};
        connector = std::make_unique<ProxyConnector>(
            loop.worker, net::Proxy{net::Proxy::Kind::http, place, "", ""}, net::HostPort{"a.test", 1},
            [this](std::string words, Fd socket) {
                ++calls;
                why = std::move(words);
                fd = std::move(socket);
                connector.reset();  // as an owner does that has given up
            },
            options);
    }
    /// Takes the connector's connection, and reads the request.
    void accept() {
        REQUIRE(loop.run_until([this] {
            if (!proxy) {
                proxy = Fd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK));
            }
            return static_cast<bool>(proxy);
        }));
        std::string got;
        REQUIRE(loop.run_until([&] {
            std::array<char, 512> buffer;
            const ssize_t size = ::recv(proxy.get(), buffer.data(), buffer.size(), 0);
            got.append(buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
            return got.ends_with("\r\n\r\n");
        }));
        CHECK(got.starts_with("CONNECT a.test:1 HTTP/1.1\r\n"));
    }
    void say(std::string_view text) {
        REQUIRE(::send(proxy.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    }
    void wait_for_result() {
        REQUIRE(loop.run_until([this] { return calls > 0; }));
        CHECK(calls == 1);
    }

    OwnLoop loop;
    Fd listener = listen_on_loopback();
    Fd proxy;
    std::unique_ptr<ProxyConnector> connector;
    int calls = 0;
    std::string why;
    Fd fd;
};

}  // namespace

TEST_CASE("a connection through a proxy is handed over when the proxy has agreed") {
    ProxyFixture rig;
    rig.accept();
    rig.say("HTTP/1.1 200 ");
    rig.say("OK\r\n\r\n");
    rig.wait_for_result();
    CHECK(rig.why.empty());
    REQUIRE(rig.fd);
    rig.say("x");  // what comes now is the server's, and is still in the socket
    char byte = 0;
    REQUIRE(rig.loop.run_until([&] { return byte != 0 || ::recv(rig.fd.get(), &byte, 1, 0) == 1; }));
    CHECK(byte == 'x');
}

TEST_CASE("a proxy that refuses, goes or is not there: words that name it") {
    ProxyFixture rig;
    const std::string name = "http://127.0.0.1:" + std::to_string(local_address(rig.listener.get()).port());
    SECTION("it refuses") {
        rig.accept();
        rig.say("HTTP/1.1 502 Bad Gateway\r\n\r\n");
        rig.wait_for_result();
        CHECK(rig.why == "the proxy " + name + " does not connect to a.test:1: it answers 502 Bad Gateway");
    }
    SECTION("it goes") {
        rig.accept();
        rig.proxy.reset();
        rig.wait_for_result();
        CHECK(rig.why == "the proxy " + name + " closed the connection without a response");
    }
    CHECK_FALSE(rig.fd);
}

TEST_CASE("a proxy that does not listen") {
    OwnLoop loop;
    Fd listener = listen_on_loopback();
    const std::uint16_t port = local_address(listener.get()).port();
    listener.reset();
    std::string why;
    ProxyConnector connector(loop.worker, net::Proxy{net::Proxy::Kind::socks5, {"127.0.0.1", port}, "", ""},
                             {"a.test", 1}, [&why](std::string words, Fd) { why = std::move(words); }, {});
    REQUIRE(loop.run_until([&] { return !why.empty(); }));
    CHECK(why == "cannot connect to the proxy socks5://127.0.0.1:" + std::to_string(port) + ": Connection refused");
}

TEST_CASE("a proxy that is silent is waited for until the deadline") {
    ProxyFixture rig(Connector::Options{.deadline = 100ms});
    rig.accept();
    rig.wait_for_result();
    CHECK(rig.why.ends_with(" does not respond"));
}

TEST_CASE("a connector that is destroyed while it shakes hands tells nothing") {
    ProxyFixture rig;
    rig.accept();
    rig.connector.reset();
    CHECK(rig.calls == 0);
    REQUIRE(rig.loop.run_until([&] {
        char byte = 0;
        return ::recv(rig.proxy.get(), &byte, 1, 0) == 0;
    }));
}
