// The stages that a request passes before its backend: each of them, and their order. Without a socket.
#include "exchange/stages.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>

#include "unit/directory/idle_carrier.hpp"
#include "unit/http/parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::exchange;
using namespace std::chrono_literals;
using directory::test::IdleCarrier;
using ferrotunnel::test::ParsedRequest;
using http::PageState;

namespace {

/// A service of the host app.test, and a request on its way to it.
struct StagesRig {
    StagesRig() { shared.settings.body_max = 1'000; }

    void serve(const http::Rules& rules, const std::string& path = "") {
        directory::HttpDescription description;
        REQUIRE_FALSE(directory::read_http_part({{"app.test"}, path}, description));
        description.name = "web";
        description.rules = rules;
        directory::Refusal why;
        service = directory.join({{1}, {1}}, 1, description, std::make_shared<IdleCarrier>(), now, why).service;
        REQUIRE(service);
    }

    std::optional<EarlyReply> pass(const std::string& start = "GET /a?b=c", const std::string& fields = "") {
        const ParsedRequest parsed(start + " HTTP/1.1\r\nHost: app.test\r\n" + fields + "\r\n");
        routes = directory.routes();
        request.emplace(HttpServiceSettings(shared.settings), visitor.https);
        request->read(parsed.head(), "id-1");
        const http::Forwarding forwarding(parsed.head(), forwarding_facts(visitor, shared, request->id, false));
        request->apply_forwarding(forwarding);
        return pass_stages({parsed.head(), forwarding, visitor, shared, shared, *routes, now}, *request);
    }

    PageState page(const std::optional<EarlyReply>& instead) {
        REQUIRE(instead);
        REQUIRE(instead->page);
        CHECK_FALSE(instead->page->why.empty());
        return instead->page->state;
    }

    directory::HttpDirectory directory;
    std::shared_ptr<const directory::HttpRoutes> routes;
    std::shared_ptr<directory::HttpService> service;
    ExchangeShared shared;
    VisitorFacts visitor;
    std::optional<RequestFacts> request;
    TimePoint now{1h};
};

const http::HttpsRedirect to_https{308, 443};

}  // namespace

TEST_CASE("stages: a request continues when none of them says something else", "[stages]") {
    StagesRig rig;
    rig.serve({});
    CHECK_FALSE(rig.pass());
    CHECK(rig.request->service == rig.service);
    CHECK(rig.request->host == "app.test");
    CHECK(rig.request->service_name() == "web");
    CHECK(rig.request->settings.body_bytes_max == 1'000);
    CHECK(rig.service->requests() == 1);
}

TEST_CASE("stages: a host or path that nobody has is an error's page", "[stages]") {
    StagesRig rig;
    CHECK(rig.page(rig.pass()) == PageState::unknown_host);
    CHECK_FALSE(rig.request->service);
    rig.serve({}, "/api");
    CHECK(rig.page(rig.pass("GET /other")) == PageState::unknown_path);
    CHECK(rig.page(rig.pass("GET /api/%00")) == PageState::bad_request);
    CHECK_FALSE(rig.pass("GET /api/x"));
}

TEST_CASE("stages: a CA that checks a host is answered before anything else", "[stages][acme]") {
    StagesRig rig;
    int lookups = 0;
    rig.shared.challenge_answer = [&lookups](std::string_view token) {
        ++lookups;
        return token == "known" ? std::optional<std::string>("known.thumb") : std::nullopt;
    };
    rig.shared.settings.https_redirect = to_https;
    rig.visitor.may_serve = [](std::string_view) { return false; };
    const auto is_answered = [&rig](const std::string& start) {
        const std::optional<EarlyReply> instead = rig.pass(start);
        return instead && !instead->page && instead->status == 200 && instead->text == "known.thumb";
    };
    const std::string path = "/.well-known/acme-challenge/known";
    CHECK(is_answered("GET " + path));  // no service has this host
    CHECK(is_answered("HEAD " + path));
    CHECK(is_answered("GET " + path + "?x=y"));
    CHECK_FALSE(rig.request->service);
    rig.serve({});
    CHECK(is_answered("GET " + path));
    for (const bool https : {false, true}) {
        rig.visitor.https = https;
        CHECK(is_answered("GET " + path));
    }
    CHECK(rig.service->requests() == 0);
    CHECK(std::exchange(lookups, 0) == 6);
    CHECK_FALSE(is_answered("POST " + path));
    CHECK_FALSE(is_answered("GET /x" + path));
    CHECK_FALSE(is_answered("GET /.well-known/acme-challenge"));
    CHECK_FALSE(is_answered("GET /.well-known/acme-challeng%65/known"));
    CHECK_FALSE(is_answered("GET /.Well-Known/acme-challenge/known"));
    CHECK(lookups == 0);
    // A service may have an ACME client of its own.
    rig.visitor = {};
    rig.shared.settings.https_redirect.reset();
    CHECK_FALSE(rig.pass("GET /.well-known/acme-challenge/unknown"));
    CHECK(lookups == 1);
}

TEST_CASE("stages: a body that is declared larger than its service takes", "[stages]") {
    StagesRig rig;
    rig.serve({});
    CHECK_FALSE(rig.pass("POST /", "Content-Length: 1000\r\n"));
    CHECK(rig.page(rig.pass("POST /", "Content-Length: 1001\r\n")) == PageState::body_too_large);
    CHECK_FALSE(rig.pass("POST /", "Transfer-Encoding: chunked\r\n"));
}

TEST_CASE("stages: redirects to https, and to elsewhere", "[stages]") {
    StagesRig rig;
    http::Rules rules;
    rules.https_redirect = to_https;
    rules.redirect = http::Redirect{302, "https://new.test"};
    rig.serve(rules);
    std::optional<EarlyReply> instead = rig.pass();
    REQUIRE(instead);
    CHECK(instead->status == 308);
    CHECK(instead->location == "https://app.test/a?b=c");
    rig.visitor.https = true;
    instead = rig.pass();
    REQUIRE(instead);
    CHECK(instead->status == 302);
    CHECK(instead->location == "https://new.test/a?b=c");
}

TEST_CASE("stages: the server's own redirect to https needs a certificate", "[stages]") {
    StagesRig rig;
    rig.shared.settings.https_redirect = to_https;
    bool has_certificate = false;
    rig.shared.has_certificate = [&has_certificate](std::string_view host) {
        CHECK(host == "app.test");
        return has_certificate;
    };
    rig.serve({});
    CHECK_FALSE(rig.pass());
    has_certificate = true;
    REQUIRE(rig.pass());
    rig.visitor.trusted = true;
    CHECK_FALSE(rig.pass("GET /", "X-Forwarded-Proto: https\r\n"));
    CHECK(rig.pass("GET /", "X-Forwarded-Proto: http\r\n"));
}

TEST_CASE("stages: OPTIONS that is to come no farther is answered here", "[stages]") {
    StagesRig rig;
    rig.serve({});
    const std::optional<EarlyReply> instead = rig.pass("OPTIONS /", "Max-Forwards: 0\r\n");
    REQUIRE(instead);
    CHECK(instead->status == 200);
    CHECK(instead->location.empty());
    CHECK_FALSE(rig.pass("OPTIONS /", "Max-Forwards: 1\r\n"));
    CHECK_FALSE(rig.pass("GET /", "Max-Forwards: 0\r\n"));
}

TEST_CASE("stages: whom the host's certificate keeps out", "[stages]") {
    StagesRig rig;
    rig.visitor.may_serve = [](std::string_view host) { return host != "app.test"; };
    rig.visitor.https = true;
    // The refusal comes before anything is looked up: nobody learns which hosts there are.
    CHECK(rig.page(rig.pass()) == PageState::misdirected);
    CHECK_FALSE(rig.request->service);
    rig.visitor.https = false;
    CHECK(rig.page(rig.pass()) == PageState::unknown_host);
    rig.serve({});
    CHECK(rig.page(rig.pass()) == PageState::misdirected);
}

// A browser that comes without TLS to a host with client certificates is to be sent to https, whatever it brings.
TEST_CASE("stages: a redirect goes before the certificate and the size", "[stages]") {
    StagesRig rig;
    http::Rules rules;
    rules.https_redirect = to_https;
    rig.serve(rules);
    rig.visitor.may_serve = [](std::string_view) { return false; };
    std::optional<EarlyReply> instead = rig.pass();
    REQUIRE(instead);
    CHECK(instead->status == 308);
    instead = rig.pass("POST /", "Content-Length: 1001\r\n");
    REQUIRE(instead);
    CHECK(instead->status == 308);
}

TEST_CASE("stages: a request that the edge has forwarded before is not forwarded again", "[stages]") {
    StagesRig rig;
    rig.shared.settings.via = "edge-1";
    rig.serve({});
    CHECK_FALSE(rig.pass("GET /", "Via: 1.1 edge-2\r\n"));
    CHECK(rig.page(rig.pass("GET /", "Via: 1.1 edge-2, 1.1 edge-1\r\n")) == PageState::loop);
}

TEST_CASE("stages: a trusted proxy says which id a request has, and whether it came by TLS", "[stages]") {
    const std::string said = "X-Request-Id: proxy-7\r\nX-Forwarded-Proto: https\r\n";
    StagesRig rig;
    (void)rig.pass("GET /", said);
    CHECK(rig.request->id == "id-1");
    CHECK_FALSE(rig.request->by_tls);
    rig.visitor.trusted = true;
    (void)rig.pass("GET /", said);  // nobody has this host: its page has the proxy's id as well
    CHECK(rig.request->id == "proxy-7");
    CHECK(rig.request->by_tls);
}

TEST_CASE("stages: a request that another member forwards is for own clients, or goes elsewhere", "[stages][cluster]") {
    StagesRig rig;
    rig.visitor.from_member = true;
    rig.shared.settings.hold = 60s;
    const auto is_elsewhere = [&](const std::string& start) {
        const std::optional<EarlyReply> instead = rig.pass(start);
        return instead && instead->is_elsewhere && !instead->page && instead->hold_until == TimePoint{};
    };
    CHECK(is_elsewhere("GET /"));
    rig.serve({}, "/api");
    CHECK_FALSE(rig.pass("GET /api"));
    CHECK(is_elsewhere("GET /other"));
    CHECK(rig.page(rig.pass("GET /api/%00")) == PageState::bad_request);

    CHECK_FALSE(rig.pass("GET /api", "X-Request-Id: theirs\r\nX-Forwarded-For: 1.2.3.4\r\n"));
    CHECK(rig.request->id == "theirs");
    rig.visitor.from_member = false;
    CHECK_FALSE(rig.pass("GET /api", "X-Request-Id: theirs\r\n"));
    CHECK(rig.request->id == "id-1");
}

TEST_CASE("stages: the limits of a service of another member are not this edge's", "[stages][cluster]") {
    StagesRig rig;
    directory::HttpDescription description;
    REQUIRE_FALSE(directory::read_http_part({{"app.test"}, ""}, description));
    description.forwards = true;
    directory::Refusal why;
    REQUIRE(rig.directory.join({{1}, {1}}, 1, description, std::make_shared<IdleCarrier>(), rig.now, why).service);
    rig.shared.settings.upgrades = false;
    CHECK_FALSE(rig.pass("POST /", "Content-Length: 1001\r\n"));
    CHECK_FALSE(rig.pass("OPTIONS /", "Max-Forwards: 0\r\n"));
    CHECK(rig.request->settings.upgrades);
    CHECK(rig.request->settings.first_byte > 24h);
    CHECK(rig.request->settings.upgraded_idle > 24h);
    rig.shared.settings.https_redirect = to_https;  // nor is its redirect: the service may have switched it off
    CHECK_FALSE(rig.pass());
    rig.visitor.from_member = true;  // never a second hop
    const std::optional<EarlyReply> instead = rig.pass();
    REQUIRE(instead);
    CHECK(instead->is_elsewhere);
}

TEST_CASE("stages: where a host has a rule about client certificates, a trusted peer's fields are not the visitor's") {
    ExchangeShared shared;
    VisitorFacts visitor;
    visitor.trusted = true;
    CHECK_FALSE(owns_certificate_fields(visitor, shared, "may.test"));
    shared.has_certificate_rule = [](std::string_view host) { return host == "may.test"; };
    CHECK(owns_certificate_fields(visitor, shared, "may.test"));
    CHECK_FALSE(owns_certificate_fields(visitor, shared, "open.test"));
    for (const CertificateSource source : {CertificateSource::edge, CertificateSource::member}) {
        visitor.certificate_source = source;
        CHECK(owns_certificate_fields(visitor, shared, "open.test"));
    }
}
