// Hosts whose TLS passes untouched, in the directory that they share with the hosts of HTTP services.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "unit/directory/clients.hpp"
#include "unit/directory/idle_carrier.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;
using directory::test::alice;
using directory::test::bob;

namespace {

using TlsKind = TlsMatch::Kind;

HttpDescription tls(std::vector<std::string> hosts) {
    HttpDescription description;
    REQUIRE_FALSE(read_tls_part({std::move(hosts)}, description));
    return description;
}

HttpDescription web(std::vector<std::string> hosts, std::string path = {}) {
    HttpDescription description;
    REQUIRE_FALSE(read_http_part({std::move(hosts), std::move(path)}, description));
    return description;
}

struct TlsDirectoryFixture {
    HttpService* join(const ClientId& client, std::uint32_t id, const HttpDescription& description) {
        why = {};
        auto joined = directory.join(client, id, description, trunk, now, why);
        if (joined.service) {
            services.push_back(joined.service);
        }
        return joined.service.get();
    }
    void leave(HttpService* service) { directory.leave(*service, *trunk, now); }
    TlsMatch find(std::string_view name) {
        routes = directory.routes();
        return routes->find_tls(name, now);
    }
    HttpMatch find_http(std::string_view host) {
        routes = directory.routes();
        return routes->find(host, "/", now);
    }

    HttpDirectory directory;
    std::shared_ptr<HttpCarrier> trunk = std::make_shared<directory::test::IdleCarrier>();
    std::vector<std::shared_ptr<HttpService>> services;
    std::shared_ptr<const HttpRoutes> routes;
    Refusal why;
    TimePoint now{1h};
};

}  // namespace

TEST_CASE("a name is looked for among TLS hosts as a host is among those of HTTP", "[tls]") {
    TlsDirectoryFixture rig;
    CHECK(rig.find("app.example.com").kind == TlsKind::none);
    CHECK_FALSE(rig.directory.has_passthrough());
    HttpService* exact = rig.join(alice, 1, tls({"App.Example.com", "example.net"}));
    HttpService* one = rig.join(alice, 2, tls({"*.example.com"}));
    HttpService* any = rig.join(alice, 3, tls({"**.example.com"}));
    CHECK(rig.directory.has_passthrough());
    CHECK(rig.find("app.example.com").service == exact);
    CHECK(rig.find("example.net").service == exact);
    CHECK(rig.find("x.example.com").service == one);
    CHECK(rig.find("x.y.example.com").service == any);
    CHECK(rig.find("example.com").kind == TlsKind::none);
    CHECK(rig.find("").kind == TlsKind::none);
    HttpService* rest = rig.join(alice, 4, tls({"*"}));
    CHECK(rig.find("example.com").service == rest);
    CHECK(rig.find("").service == rest);
}

TEST_CASE("a host may be for HTTP and for TLS, of one token", "[tls]") {
    TlsDirectoryFixture rig;
    HttpService* by_tls = rig.join(alice, 1, tls({"app.example.com"}));
    CHECK(rig.find_http("app.example.com").kind == HttpMatch::Kind::unknown_host);
    HttpService* by_http = rig.join(alice, 2, web({"app.example.com"}));
    HttpService* below = rig.join(alice, 3, web({"app.example.com"}, "/api"));
    REQUIRE((by_tls && by_http && below));
    CHECK(rig.find("app.example.com").service == by_tls);
    CHECK(rig.find_http("app.example.com").service == by_http);

    CHECK(rig.join(alice, 4, tls({"app.example.com"})) == nullptr);
    CHECK(rig.why.text == "The host app.example.com for TLS is already used by another service of this client.");
    CHECK(rig.join(bob, 1, tls({"app.example.com"})) == nullptr);
    CHECK(rig.why.code == wire::Code::name_taken);
    CHECK(rig.join(bob, 1, web({"app.example.com"}, "/other")) == nullptr);
    rig.leave(by_http);
    rig.leave(below);
    CHECK(rig.find("app.example.com").service == by_tls);
    CHECK(rig.find_http("app.example.com").kind == HttpMatch::Kind::offline);
    CHECK(rig.join(bob, 1, web({"app.example.com"})) == nullptr);
}

TEST_CASE("a more specific host keeps its visitors, whatever it was registered for", "[tls]") {
    TlsDirectoryFixture rig;
    HttpService* site = rig.join(alice, 1, web({"app.example.com"}));
    HttpService* rest = rig.join(bob, 1, tls({"*.example.com"}));
    REQUIRE((site && rest));
    CHECK(rig.find("app.example.com").kind == TlsKind::none);  // TLS ends at the edge, with alice's certificate
    CHECK(rig.find("other.example.com").service == rest);
    rig.leave(site);
    CHECK(rig.find("app.example.com").kind == TlsKind::none);
    REQUIRE(rig.join(bob, 2, web({"*"})));
    CHECK(rig.find_http("other.example.com").kind == HttpMatch::Kind::unknown_host);
}

TEST_CASE("a TLS host whose client has gone stays known for a while", "[tls]") {
    TlsDirectoryFixture rig;
    HttpService* service = rig.join(alice, 1, tls({"app.example.com"}));
    rig.leave(service);
    CHECK(rig.find("app.example.com").kind == TlsKind::offline);
    CHECK(rig.join(bob, 1, tls({"app.example.com"})) == nullptr);
    CHECK_THAT(rig.why.text, Catch::Contains("belongs to another token"));
    HttpService* back = rig.join(alice, 1, tls({"app.example.com"}));
    CHECK(rig.find("app.example.com").service == back);
    rig.leave(back);
    rig.now += limits::http_host_known_for;
    CHECK(rig.find("app.example.com").kind == TlsKind::none);
    REQUIRE(rig.join(bob, 1, web({"other.example.com"})));
    CHECK_FALSE(rig.directory.has_passthrough());
    CHECK(rig.join(bob, 2, tls({"app.example.com"})));
}

TEST_CASE("of a TLS service names are asked for, and no addresses", "[tls]") {
    for (const char* host : {"10.0.0.1", "[::1]", "::1", "app..com", "app.example.com:443"}) {
        CAPTURE(host);
        HttpDescription description;
        CHECK(read_tls_part({{host}}, description));
    }
}
