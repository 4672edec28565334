// What an edge changes in requests that another member serves, and in their responses: next to nothing.
#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"
#include "unit/ingress/link_rig.hpp"

namespace ferrotunnel::ingress::test {
namespace {

/// Counts requests that plugins are asked about.
struct CountingHooks final : hooks::HttpHooks {
    explicit CountingHooks(std::atomic<int>& count) : asked(count) {}
    std::unique_ptr<hooks::HttpRun> begin(const http::RequestHead&, const hooks::RequestInfo&,
                                          hooks::RunOwner&) override {
        ++asked;
        return nullptr;
    }
    std::atomic<int>& asked;
};

exchange::EdgeSettings with_everything() {
    exchange::EdgeSettings settings = quick_settings();
    settings.via = "this-edge";
    settings.forwarded = true;
    settings.member_header = true;
    settings.hsts = http::Hsts{};
    settings.body_max = 10;
    settings.upgrades = false;
    return settings;
}

}  // namespace

TEST_CASE("forwarding entry: heads pass unchanged but for the request's id") {
    std::atomic<int> asked{0};
    EdgeRig rig(with_everything(), false, [&](EdgeShared& shared) {
        shared.own_cookies = "ft_";
        shared.make_hooks = [&](const auto&) { return std::make_unique<CountingHooks>(asked); };
    });
    rig.carrier->member = "b";
    rig.add_service(forwarded("far.test"), 3, rig.backend.place());
    const std::string fields =
        "User-Agent: x\r\nX-Forwarded-For: 9.9.9.9\r\nForwarded: for=9.9.9.9\r\nVia: 1.1 other\r\n"
        "Cookie: a=1; ft_x=2\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"
        "Max-Forwards: 3\r\nX-Real-IP: 9.9.9.9\r\nX-FerroTunnel-Error: none\r\n";
    Peer visitor =
        rig.visit("OPTIONS /a?b=c HTTP/1.1\r\nHost: far.test\r\n" + fields +
                  "Keep-Alive: 5\r\nX-Hop: 1\r\nConnection: keep-alive, X-Hop\r\nX-Request-Id: mine\r\n\r\n");
    Peer backend = rig.backend.accept();
    const std::string request = backend.read_until("\r\n\r\n");
    const std::size_t at = request.find("X-Request-Id: ");
    REQUIRE(at != std::string::npos);
    const std::string id = request.substr(at + 14, request.find("\r\n", at) - at - 14);
    CHECK(id.size() == 15);  // not the visitor's
    CHECK(request == "OPTIONS /a?b=c HTTP/1.1\r\nHost: far.test\r\n" + fields + "X-Request-Id: " + id + "\r\n\r\n");

    const std::string response =
        "HTTP/1.1 200 OK\r\nX-FerroTunnel-Error: theirs\r\nVia: 1.1 that-edge\r\nX-Request-Id: " + id +
        "\r\nSet-Cookie: ft_y=3\r\nContent-Length: 0\r\n\r\n";
    backend.send(response);
    CHECK(visitor.read_until("\r\n\r\n") == response);
    CHECK(asked == 0);

    visitor.send(get());
    serve_one(*std::make_unique<Peer>(rig.backend.accept()), "own");
    CHECK(visitor.read_message().body == "own");
    CHECK(asked == 1);  // it is asked about this server's own services
}

TEST_CASE("forwarding entry: the service's limits are the other member's") {
    exchange::EdgeSettings settings = with_everything();
    settings.first_byte_timeout = 50ms;
    EdgeRig rig(settings);
    rig.add_service(forwarded("far.test"), 3, rig.backend.place());
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: far.test\r\nContent-Length: 20\r\n\r\n" + std::string(20, 'x'));
    Peer backend = rig.backend.accept();
    CHECK(backend.read_message().body.size() == 20);  // more than this edge's limit
    CHECK_FALSE(visitor.stirs(300));                  // longer than its limit
    backend.send(answer("late"));
    CHECK(visitor.read_message().body == "late");
    visitor.send("OPTIONS / HTTP/1.1\r\nHost: far.test\r\nMax-Forwards: 0\r\n\r\n");
    CHECK(backend.read_message().field("max-forwards") == "0");
    backend.send(answer("theirs"));
    CHECK(visitor.read_message().body == "theirs");
    visitor.send("GET / HTTP/1.1\r\nHost: far.test\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    CHECK(backend.read_message().field("upgrade") == "x");
}

TEST_CASE("forwarding entry: redirects to https are the other member's") {
    exchange::EdgeSettings settings = with_everything();
    settings.https_redirect = http::HttpsRedirect{};
    settings.https_redirect->status = 308;
    EdgeRig rig(settings);
    rig.add_service(forwarded("far.test"), 3, rig.backend.place());
    Peer visitor = rig.visit(ask("far.test"));
    Peer backend = rig.backend.accept();  // it knows whether the service has switched its redirect off
    (void)backend.read_message();
    backend.send(answer("no redirect"));
    CHECK(visitor.read_message().body == "no redirect");
}

}  // namespace ferrotunnel::ingress::test
