// Services whose backends are told who the visitor is, so that nobody else's request comes by that connection; and
// backends that speak TLS.
#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::ingress::test;

namespace {

void add_own(EdgeRig& rig, std::optional<net::ProxyVersion> proxy = {}) {
    backend::Backend to;
    to.text = "the backend";
    to.place.at = rig.backend.place();
    to.proxy = proxy;
    on(rig.pair.worker, [&] { rig.backends[7] = to; });
    directory::HttpDescription description = described("own.test");
    description.per_visitor = true;
    rig.join(7, description);
}

std::string port_of(const Peer& visitor) {
    return std::to_string(runtime::local_address(visitor.fd()).port());
}

}  // namespace

TEST_CASE("where visitors are kept apart each has its own connections to the backend") {
    const bool foreign = GENERATE(false, true);
    EdgeRig rig(quick_settings(), foreign);
    add_own(rig);
    Peer first = rig.visit();
    Peer second = rig.visit();
    first.send(ask("own.test", "/1"));
    Peer of_first = rig.backend.accept();
    CHECK(of_first.read_message().start == "GET /1 HTTP/1.1");
    of_first.send(answer("1"));
    CHECK(first.read_message().body == "1");
    CHECK(rig.pooled() == 1);
    second.send(ask("own.test", "/2"));
    Peer of_second = rig.backend.accept();  // a new connection, although one is idle
    CHECK(of_second.read_message().start == "GET /2 HTTP/1.1");
    of_second.send(answer("2"));
    CHECK(second.read_message().body == "2");
    CHECK(rig.pooled() == 2);
    // Each visitor's next request comes by its own connection.
    second.send(ask("own.test", "/2b"));
    CHECK(of_second.read_message().start == "GET /2b HTTP/1.1");
    of_second.send(answer("2b"));
    CHECK(second.read_message().body == "2b");
    first.send(ask("own.test", "/1b"));
    CHECK(of_first.read_message().start == "GET /1b HTTP/1.1");
    of_first.send(answer("1b"));
    CHECK(first.read_message().body == "1b");
    CHECK(rig.backend.accepted == 2);
    // A third visitor comes when the first has gone, and does not get the connection that the first has left.
    first.close();
    Peer third = rig.visit(ask("own.test", "/3"));
    Peer of_third = rig.backend.accept();
    CHECK(of_third.read_message().start == "GET /3 HTTP/1.1");
    CHECK(rig.backend.accepted == 3);
}

TEST_CASE("a visitor who is kept apart does not use what others share") {
    EdgeRig rig;
    add_own(rig);
    Peer shared = rig.visit(get());
    Peer first = rig.backend.accept_request();
    first.send(answer("shared"));
    shared.read_message();
    shared.send(ask("own.test", "/"));
    Peer second = rig.backend.accept();
    CHECK(second.read_message().start == "GET / HTTP/1.1");
    second.send(answer("own"));
    CHECK(shared.read_message().body == "own");
}

TEST_CASE("the backend of an HTTP service is told who the visitor is") {
    EdgeRig rig;
    add_own(rig, net::ProxyVersion::v1);
    Peer visitor = rig.visit(ask("own.test", "/1"));
    Peer backend = rig.backend.accept();
    CHECK(backend.read_until("\r\n") == "PROXY TCP4 127.0.0.1 127.0.0.1 " + port_of(visitor) + " " +
                                            std::to_string(rig.backend.place().port) + "\r\n");
    CHECK(backend.read_message().start == "GET /1 HTTP/1.1");
    backend.send(answer("1"));
    CHECK(visitor.read_message().body == "1");
    visitor.send(ask("own.test", "/2"));
    CHECK(backend.read_message().start == "GET /2 HTTP/1.1");  // the PROXY header comes once for each connection
}

TEST_CASE("a POST that has followed a PROXY header is not sent twice") {
    EdgeRig rig;
    add_own(rig, net::ProxyVersion::v2);
    Peer visitor = rig.visit("POST / HTTP/1.1\r\nHost: own.test\r\nContent-Length: 0\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_until("POST / HTTP/1.1\r\n");  // before it has come, the request may be sent again
    backend.reset();
    CHECK(visitor.read_message().status() == 502);  // the backend may have been at work
    CHECK(rig.backend.accepted == 1);
}
