#include <catch2/catch.hpp>

#include "unit/ingress/edge_rig.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace ferrotunnel::ingress;
using namespace ferrotunnel::ingress::test;

namespace {

/// A service at this host with rules, in front of the rig's backend.
void add_ruled(EdgeRig& rig, const std::string& host, std::uint32_t id, const http::Rules& rules,
               const std::string& prefix = "/") {
    directory::HttpDescription description = described(host);
    description.path = *http::parse_path_prefix(prefix);
    description.rules = rules;
    rig.add_service(description, id, rig.backend.place());
}

}  // namespace

TEST_CASE("a prefix and a host are rewritten, and mapped back in the answer") {
    EdgeRig rig;
    http::Rules rules;
    rules.prefix = http::PrefixRewrite{"/v2"};
    rules.host = "inner.test:3000";
    add_ruled(rig, "ruled.test", 5, rules, "/api");
    Peer visitor = rig.visit(ask("ruled.test:8080", "/api/users?x=1"));
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.start == "GET /v2/users?x=1 HTTP/1.1");
    CHECK(request.field("host") == "inner.test:3000");
    CHECK(request.field("x-forwarded-host") == "ruled.test:8080");
    backend.send(
        "HTTP/1.1 302 Found\r\nLocation: http://inner.test:3000/v2/login\r\nSet-Cookie: a=1; Path=/v2\r\n"
        "Set-Cookie: b=2\r\nContent-Length: 0\r\n\r\n");
    const Message response = visitor.read_message();
    CHECK(response.field("location") == "http://ruled.test:8080/api/login");
    CHECK(response.fields.count("set-cookie") == 2);
    CHECK(response.field("set-cookie") == "a=1; Path=/api");
}

TEST_CASE("what names the visitor's own address is mapped with Host and prefix") {
    EdgeRig rig;
    http::Rules rules;
    rules.prefix = http::PrefixRewrite{"/v2"};
    rules.host = "inner.test:3000";
    add_ruled(rig, "ruled.test", 5, rules, "/api");
    Peer visitor =
        rig.visit(ask("ruled.test:8080", "/api/live",
                      "Origin: http://ruled.test:8080\r\nReferer: "
                      "http://ruled.test:8080/api/page?x=1\r\nDestination: http://ruled.test:8080/api/b\r\n"));
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.field("origin") == "http://inner.test:3000");
    CHECK(request.field("referer") == "http://inner.test:3000/v2/page?x=1");
    CHECK(request.field("destination") == "http://ruled.test:8080/api/b");  // means nothing to GET
    backend.send(answer("x", "Access-Control-Allow-Origin: http://inner.test:3000\r\n"));
    CHECK(visitor.read_message().field("access-control-allow-origin") == "http://ruled.test:8080");
    visitor.send(
        "MOVE /api/a HTTP/1.1\r\nHost: ruled.test:8080\r\nOrigin: http://evil.test\r\n"
        "Destination: http://ruled.test:8080/api/b\r\nIf: <http://ruled.test:8080/api/a> (<urn:x>)\r\n\r\n");
    const Message move = backend.read_message();
    CHECK(move.field("origin") == "http://evil.test");
    CHECK(move.field("destination") == "/v2/b");
    CHECK(move.field("if") == "</v2/a> (<urn:x>)");
    backend.send(answer("x"));
    CHECK(visitor.read_message().status() == 200);
}

TEST_CASE("without rules only a Destination of another scheme than the backend's is mapped") {
    EdgeRig rig;
    add_ruled(rig, "plain.test", 5, {});
    directory::HttpDescription by_tls = described("tls.test");
    by_tls.backend_tls = true;
    rig.add_service(by_tls, 6, rig.backend.place());
    const auto move = [](const std::string& host) {
        return "MOVE /a HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host + "\r\nDestination: http://" + host +
               "/b\r\n\r\n";
    };
    Peer visitor = rig.visit(move("plain.test"));
    Peer backend = rig.backend.accept();
    const Message plain = backend.read_message();
    CHECK(plain.field("origin") == "http://plain.test");
    CHECK(plain.field("destination") == "http://plain.test/b");
    Peer other = rig.visit(move("tls.test"));
    Peer with_tls = rig.backend.accept();
    const Message mapped = with_tls.read_message();
    CHECK(mapped.field("origin") == "http://tls.test");
    CHECK(mapped.field("destination") == "/b");
}

TEST_CASE("fields are added, set and removed both ways") {
    EdgeRig rig;
    http::Rules rules;
    rules.request_headers = {{http::HeaderRule::Action::set, "X-User", "edge"},
                             {http::HeaderRule::Action::remove, "Accept-Language", ""}};
    rules.response_headers = {{http::HeaderRule::Action::add, "X-Frame-Options", "DENY"},
                              {http::HeaderRule::Action::remove, "Server", ""}};
    add_ruled(rig, "ruled.test", 5, rules);
    Peer visitor =
        rig.visit("GET / HTTP/1.1\r\nHost: ruled.test\r\nX-User: root\r\nX_User: root\r\nAccept-Language: de\r\n\r\n");
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.fields.count("x-user") == 1);
    CHECK(request.field("x-user") == "edge");
    CHECK_FALSE(request.has("x_user"));
    CHECK_FALSE(request.has("accept-language"));
    backend.send(answer("x", "Server: secret/1.0\r\n"));
    const Message response = visitor.read_message();
    CHECK(response.field("x-frame-options") == "DENY");
    CHECK_FALSE(response.has("server"));
}

TEST_CASE("the rules of a service hold for what the edge answers in its place") {
    using Action = http::HeaderRule::Action;
    EdgeRig rig;
    http::Rules rules;
    rules.response_headers = {{Action::set, "X-Frame-Options", "DENY"},
                              {Action::add, "X-Team", "blue"},
                              {Action::set, "Cache-Control", "max-age=3600"},
                              {Action::set, "Content-Encoding", "br"},
                              {Action::set, "Content-Type", "image/png"},
                              {Action::remove, "X-Content-Type-Options", ""},
                              {Action::set, "Location", "https://elsewhere.test/"},
                              {Action::set, "Date", "yesterday"}};
    SECTION("an error page") {
        add_ruled(rig, "ruled.test", 5, rules);
        Peer visitor = rig.visit(ask("ruled.test", "/"));
        Peer backend = rig.backend.accept();
        backend.read_message();  // a request that the backend has not got would be sent again
        backend.reset();
        const Message page = visitor.read_message();
        CHECK(page.status() == 502);
        CHECK(page.field("x-frame-options") == "DENY");
        CHECK(page.field("x-team") == "blue");
        CHECK(page.field("cache-control") == "no-store");
        CHECK(page.field("x-content-type-options") == "nosniff");
        CHECK(page.field("content-type").find("text/") == 0);
        CHECK(page.field("content-security-policy").find("default-src 'none'") == 0);
        CHECK_FALSE(page.has("content-encoding"));
        CHECK(page.fields.count("date") == 1);
        CHECK(page.field("date") != "yesterday");
    }
    SECTION("a redirect") {
        rules.redirect = http::Redirect{301, "https://new.test"};
        add_ruled(rig, "ruled.test", 5, rules);
        Peer visitor = rig.visit(ask("ruled.test", "/"));
        const Message moved = visitor.read_message();
        CHECK(moved.status() == 301);
        CHECK(moved.field("location") == "https://new.test/");
        CHECK(moved.field("x-frame-options") == "DENY");
        CHECK(moved.field("cache-control") == "max-age=3600");
        CHECK_FALSE(moved.has("x-content-type-options"));
        CHECK_FALSE(moved.has("content-encoding"));
        CHECK(moved.fields.count("date") == 1);
    }
    SECTION("a host that nobody has") {
        add_ruled(rig, "ruled.test", 5, rules);
        Peer visitor = rig.visit(ask("other.test", "/"));
        CHECK_FALSE(visitor.read_message().has("x-frame-options"));
    }
}

TEST_CASE("redirects are answered without the backend") {
    EdgeRig rig;
    http::Rules rules;
    rules.redirect = http::Redirect{301, "https://new.test"};
    add_ruled(rig, "moved.test", 5, rules);
    http::Rules tls;
    tls.https_redirect = http::HttpsRedirect{308, 8443};
    add_ruled(rig, "secure.test", 6, tls);
    Peer visitor = rig.visit(ask("moved.test", "/a/b?c=d"));
    const Message moved = visitor.read_message();
    CHECK(moved.status() == 301);
    CHECK(moved.field("location") == "https://new.test/a/b?c=d");
    CHECK_FALSE(moved.has("x-ferrotunnel-error"));
    CHECK(moved.complete);
    visitor.send(ask("secure.test", "/x"));
    const Message secure = visitor.read_message();
    CHECK(secure.status() == 308);
    CHECK(secure.field("location") == "https://secure.test:8443/x");
    CHECK(rig.counters().backend_opened == 0);
}

TEST_CASE("the edge's own redirect to TLS is for hosts that have TLS") {
    EdgeSettings settings = quick_settings();
    settings.https_redirect = http::HttpsRedirect{308, 8443};
    EdgeRig rig(settings, false, [](EdgeShared& shared) {
        shared.has_certificate = [](std::string_view host) { return host == "app.test"; };
    });
    add_ruled(rig, "plain.test", 5, {});
    http::Rules wants_it;
    wants_it.https_redirect = http::HttpsRedirect{308, 8443};
    add_ruled(rig, "wants.test", 6, wants_it);
    directory::HttpDescription untouched = described("untouched.test");
    untouched.passthrough = true;
    REQUIRE(rig.join(7, untouched));
    add_ruled(rig, "untouched.test", 8, {});
    Peer visitor = rig.visit();
    for (const char* host : {"app.test", "wants.test", "untouched.test"}) {
        visitor.send(ask(host, "/x"));
        const Message moved = visitor.read_message();
        CHECK(moved.status() == 308);
        CHECK(moved.field("location") == "https://" + std::string(host) + ":8443/x");
    }
    visitor.send(ask("plain.test", "/x"));
    Peer backend = rig.backend.accept_request();
    backend.send(answer("plain"));
    CHECK(visitor.read_message().status() == 200);
}

TEST_CASE("OPTIONS passes as many programs as its visitor wants") {
    EdgeRig rig;
    Peer visitor = rig.visit("OPTIONS / HTTP/1.1\r\nHost: app.test\r\nMax-Forwards: 0\r\n\r\n");
    const Message here = visitor.read_message();
    CHECK(here.status() == 200);
    CHECK(here.body.empty());
    CHECK_FALSE(here.has("x-ferrotunnel-error"));
    CHECK(rig.counters().backend_opened == 0);
    const auto passed_on = [&](const std::string& method, const std::string& fields) {
        visitor.send(method + " / HTTP/1.1\r\nHost: app.test\r\n" + fields + "\r\n");
        Peer backend = rig.backend.accept();
        const Message request = backend.read_message();
        backend.send(answer("x", "Connection: close\r\n"));
        CHECK(visitor.read_message().status() == 200);
        return request.has("max-forwards") ? request.field("max-forwards") : "none";
    };
    CHECK(passed_on("OPTIONS", "Max-Forwards: 1\r\n") == "0");
    CHECK(passed_on("OPTIONS", "Max-Forwards: 10\r\n") == "9");
    CHECK(passed_on("OPTIONS", "Max-Forwards: 99999999999999999999\r\n") == "4294967294");
    CHECK(passed_on("OPTIONS", "Max-Forwards: -1\r\n") == "-1");
    CHECK(passed_on("OPTIONS", "") == "none");
    CHECK(passed_on("GET", "Max-Forwards: 0\r\n") == "0");  // the field means nothing there
}

TEST_CASE("a connection that was made for another host is told so, and a request that comes by again") {
    EdgeRig rig;
    EdgeShared shared;
    shared.directory = rig.directory;
    shared.random = &runtime::system_random();
    shared.settings.via = "edge-1";
    shared.is_trusted = [](std::string_view address) { return address == "127.0.0.1"; };
    auto edge = std::make_unique<HttpEdge>(std::vector<runtime::Worker*>{&rig.pair.worker}, std::move(shared));
    HttpListener::Settings settings;
    settings.https = true;
    settings.may_serve = [](const transport::Pipe&, std::string_view host) { return host != "other.test"; };
    Peer visitor(connect_to(add_listener(*edge, settings)));
    visitor.send(ask("other.test", "/"));
    CHECK(visitor.read_message().status() == 421);
    visitor.send("GET / HTTP/1.1\r\nHost: app.test\r\nVia: 1.1 edge-1\r\n\r\n");
    CHECK(visitor.read_message().status() == 508);
    visitor.send("GET / HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-For: 9.9.9.9\r\nX-Request-Id: kept\r\n\r\n");
    Peer backend = rig.backend.accept();
    const Message request = backend.read_message();
    CHECK(request.field("x-real-ip") == "9.9.9.9");
    CHECK(request.field("via").find("edge-1") != std::string::npos);
    CHECK(request.field("x-request-id") == "kept");
    backend.send(answer("x"));
    CHECK(visitor.read_message().field("x-request-id") == "kept");
    on(rig.pair.worker, [&] { edge.reset(); });
    CHECK(visitor.read_to_end().empty());
}

TEST_CASE("rules and Connection hold for trailers too, both ways") {
    EdgeRig rig;
    http::Rules rules;
    rules.request_headers = {{http::HeaderRule::Action::set, "X-User", "edge"}};
    rules.response_headers = {{http::HeaderRule::Action::remove, "X-Secret", ""}};
    add_ruled(rig, "ruled.test", 5, rules);
    Peer visitor = rig.visit(
        "POST / HTTP/1.1\r\nHost: ruled.test\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\n\r\n"
        "0\r\nX_User: root\r\nX-Hop: 1\r\nX-Sum: 7\r\n\r\n");
    Peer backend = rig.backend.accept();
    backend.read_until("\r\n\r\n");
    CHECK(backend.read_until("\r\n\r\n") == "0\r\nX-Sum: 7\r\n\r\n");
    backend.send(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: X-Hop\r\n\r\n"
        "0\r\nX-Secret: 1\r\nx_hop: 2\r\nX-End: 3\r\n\r\n");
    visitor.read_until("\r\n\r\n");
    CHECK(visitor.read_until("\r\n\r\n") == "0\r\nX-End: 3\r\n\r\n");
    visitor.send(ask("ruled.test", "/"));
    CHECK(backend.read_message().start == "GET / HTTP/1.1");
}
