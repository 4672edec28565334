// Services of a server in a cluster: each is opened when the cluster has granted its names, and ends when it takes
// them.
#include "session/cluster_grants.hpp"

#include <catch2/catch.hpp>

#include "support/eventually.hpp"
#include "unit/session/fake_cluster.hpp"
#include "unit/session/session_parts.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::session;
using namespace ferrotunnel::session::test;
using directory::ClaimName;
using ferrotunnel::test::eventually;
using wire::Code;
using Kind = wire::ServiceKind;
using Readiness = directory::ClusterClaims::Readiness;

namespace {

struct ClusterParts : SessionParts {
    ClusterParts() {
        shared->claims = cluster;
        shared->http_public = HttpPublic{"http", 8080};
        shared->domain = "t.example.com";
        admit();
    }

    static wire::Service web(std::uint32_t id, std::vector<std::string> hosts) {
        wire::Service service = described(id, Kind::http);
        service.http.hosts = std::move(hosts);
        return service;
    }
    void ask(const wire::Service& service) {
        run([&] { registration.register_service(service.id, service); });
    }
    bool is_asked(std::size_t times) {
        return eventually([&] { return cluster->asked() == times; });
    }
    bool is_registered(std::size_t services) {
        return eventually([&] { return run([&] { return registered().size(); }) == services; });
    }
    bool is_refused(std::size_t services) {
        return eventually([&] { return run([&] { return refused().size(); }) == services; });
    }
    bool has_host(const std::string& host) {
        return shared->http->routes()->find(host, "/", Clock::now()).kind == directory::HttpMatch::Kind::service;
    }
    bool has_claims() { return !shared->registry->tunnels().at(0).claims.empty(); }

    const std::shared_ptr<FakeCluster> cluster = std::make_shared<FakeCluster>();
};

}  // namespace

TEST_CASE("cluster grants: a service is opened when the cluster has granted its names, others do not wait for that") {
    ClusterParts parts;
    parts.cluster->waits = true;
    parts.ask(ClusterParts::web(1, {"a.example.com", "b.example.com"}));
    REQUIRE(parts.is_asked(1));
    parts.ask(ClusterParts::web(2, {"c.example.com"}));
    REQUIRE(parts.is_asked(2));
    CHECK_FALSE(parts.has_host("a.example.com"));
    parts.cluster->decide(1);
    CHECK(parts.is_registered(1));
    CHECK(parts.has_host("c.example.com"));
    CHECK_FALSE(parts.has_host("a.example.com"));
    parts.cluster->decide(0);
    CHECK(parts.is_registered(2));
    CHECK(parts.has_host("b.example.com"));

    const auto request = parts.cluster->request(0);
    CHECK(request.names == std::vector<ClaimName>{{"a.example.com", "/"}, {"b.example.com", "/"}});
    CHECK(request.owner == parts.facts.client);
    CHECK(request.private_service.empty());
    CHECK(request.terms == 0);
}

TEST_CASE("cluster grants: a refusal goes to the client, and leaves nothing here") {
    ClusterParts parts;
    parts.cluster->waits = true;
    parts.ask(ClusterParts::web(1, {"a.example.com"}));
    REQUIRE(parts.is_asked(1));
    parts.cluster->decide(0, directory::Refusal{Code::busy, "The member b cannot be reached."});
    REQUIRE(parts.is_refused(1));
    const wire::Refused refused = parts.run([&] { return parts.refused().front(); });
    CHECK(refused.code == Code::busy);
    CHECK(refused.text == "The member b cannot be reached.");
    CHECK_FALSE(parts.has_claims());
    CHECK(parts.cluster->present() == 0);
    CHECK(parts.shared->cluster_names->size() == 0);
    parts.ask(ClusterParts::web(1, {"a.example.com"}));  // the id is free
    REQUIRE(parts.is_asked(2));
    parts.cluster->decide(1);
    CHECK(parts.is_registered(1));
}

TEST_CASE("cluster grants: a service that ends before the answer gives its names up, and the answer changes nothing") {
    ClusterParts parts;
    parts.cluster->waits = true;
    parts.ask(ClusterParts::web(1, {"a.example.com"}));
    REQUIRE(parts.is_asked(1));
    const auto handlers = parts.cluster->handlers(0);
    SECTION("unregistered") {
        parts.run([&] { parts.registration.unregister_service(1, false); });
    }
    SECTION("registered again") {
        parts.run([&] { parts.registration.unregister_service(1, false); });
        parts.ask(ClusterParts::web(1, {"b.example.com"}));
        REQUIRE(parts.is_asked(2));
        handlers.decided(std::nullopt);
        parts.run([] {});
        CHECK(parts.run([&] { return parts.registered().empty(); }));
        parts.run([&] { parts.registration.unregister_service(1, false); });
    }
    SECTION("the session ends") {
        parts.run([&] { parts.table.close_all(); });
    }
    CHECK(parts.cluster->present() == 0);
    CHECK_FALSE(parts.has_claims());
    handlers.decided(std::nullopt);
    handlers.decided(directory::Refusal{Code::busy, {}});
    handlers.revoked({Code::name_taken, {}});
    parts.run([] {});
    CHECK(parts.run([&] { return parts.sent.empty(); }));
    CHECK_FALSE(parts.has_host("a.example.com"));
}

TEST_CASE("cluster grants: a service whose name was given to another owner ends, and its client is told") {
    ClusterParts parts;
    const bool is_port = GENERATE(false, true);
    parts.ask(is_port ? ClusterParts::described(1, Kind::tcp) : ClusterParts::web(1, {"a.example.com"}));
    REQUIRE(parts.is_registered(1));
    const std::uint16_t port = parts.run([&] { return parts.table.at(1).port(); });
    parts.cluster->revoke(0);
    REQUIRE(parts.is_refused(1));
    const wire::Refused refused = parts.run([&] { return parts.refused().front(); });
    CHECK(refused.code == (is_port ? Code::port_taken : Code::name_taken));
    CHECK(refused.text == "Another member has it.");
    CHECK_FALSE(parts.has_host("a.example.com"));
    CHECK_FALSE(parts.has_claims());
    CHECK(parts.run([&] { return parts.table.size(); }) == 0);
    CHECK(parts.view.copy().services.empty());
    CHECK(parts.cluster->present() == 0);
    if (is_port) {
        CHECK(parts.shared->ports->port_of(parts.facts.client, 1, directory::Transport::tcp) == 0);
        CHECK(port != 0);
    }
}

TEST_CASE("cluster grants: a port that another member has is not assigned") {
    ClusterParts parts;
    std::vector<std::uint16_t> taken;
    SECTION("it is known here") {
        parts.cluster->taken = [&](const ClaimName& name) {
            taken.push_back(name.port);
            return taken.size() < 4;
        };
    }
    SECTION("the cluster refuses it") {
        parts.cluster->lost = [&](const ClaimName& name) {
            taken.push_back(name.port);
            return taken.size() < 4;
        };
    }
    parts.ask(ClusterParts::described(1, Kind::tcp));
    REQUIRE(parts.is_registered(1));
    CHECK(parts.run([&] { return parts.registered().front().port; }) == taken.at(3));
    CHECK(parts.run([&] { return parts.table.at(1).port(); }) == taken.at(3));
    CHECK(parts.shared->registry->tunnels().at(0).claims.size() == 1);
    CHECK(parts.cluster->present() == 1);
}

TEST_CASE("cluster grants: a host that another member has is not assigned") {
    ClusterParts parts;
    std::vector<std::string> taken;
    const auto first_three = [&](const ClaimName& name) {
        taken.push_back(name.host);
        return taken.size() < 4;
    };
    SECTION("it is known here") {
        parts.cluster->taken = first_three;
    }
    SECTION("the cluster refuses it") {
        parts.cluster->lost = first_three;
    }
    parts.ask(ClusterParts::web(1, {}));
    REQUIRE(parts.is_registered(1));
    CHECK(parts.run([&] { return parts.registered().front().host; }) == taken.at(3));
    CHECK(parts.has_host(taken.at(3)));
    CHECK_FALSE(parts.has_host(taken.at(0)));
    CHECK(parts.shared->registry->tunnels().at(0).claims.size() == 1);
}

TEST_CASE("limit: places that are drawn for a service, if other members have all of them") {
    ClusterParts parts;
    parts.cluster->lost = [](const ClaimName&) { return true; };
    const bool is_port = GENERATE(false, true);
    parts.ask(is_port ? ClusterParts::described(1, Kind::tcp) : ClusterParts::web(1, {}));
    REQUIRE(parts.is_refused(1));
    CHECK(parts.run([&] { return parts.refused().back().code; }) == (is_port ? Code::port_taken : Code::name_taken));
    CHECK(parts.cluster->asked() == limits::assigned_draws_max);
    CHECK(parts.cluster->present() == 0);
    CHECK_FALSE(parts.has_claims());
}

TEST_CASE("cluster grants: a name that the client asked for is not replaced, nor one that nobody can decide about") {
    ClusterParts parts;
    parts.cluster->waits = true;
    parts.ask(ClusterParts::web(1, {"a.example.com"}));
    parts.ask(ClusterParts::web(2, {}));
    REQUIRE(parts.is_asked(2));
    const std::size_t own = parts.cluster->request(0).names.front().host == "a.example.com" ? 0 : 1;
    parts.cluster->decide(own, directory::Refusal{Code::name_taken, "Another member has it."});
    parts.cluster->decide(1 - own, directory::Refusal{Code::busy, "Try again later."});
    CHECK(parts.is_refused(2));
    CHECK(parts.cluster->asked() == 2);
}

TEST_CASE("cluster grants: a private service is granted by its name, which the clients of a token share") {
    ClusterParts parts;
    parts.cluster->waits = true;
    parts.ask(ClusterParts::described(1, Kind::private_tcp));
    REQUIRE(parts.is_asked(1));
    const auto request = parts.cluster->request(0);
    CHECK(request.names.empty());
    CHECK(request.private_service == "web");
    CHECK(request.owner == directory::ClientId(parts.token.id, {}));
    CHECK(parts.shared->named->visited(parts.token.id, "web").empty());
    parts.cluster->decide(0);
    CHECK(parts.is_registered(1));
    CHECK(parts.shared->named->visited(parts.token.id, "web").size() == 1);
    parts.run([&] { parts.registration.unregister_service(1, false); });
    REQUIRE(parts.cluster->released().size() == 1);
    CHECK(parts.cluster->released().front().private_service == "web");
    CHECK(parts.cluster->released().front().reserved == Duration::zero());
}

TEST_CASE("cluster grants: a client of the session is probed on its trunk") {
    ClusterParts parts;
    parts.ask(ClusterParts::web(1, {"a.example.com"}));
    REQUIRE(parts.is_registered(1));
    std::optional<bool> alive;
    parts.cluster->handlers(0).probe([&](bool answer) { alive = answer; });  // by the carrier, at once
    CHECK(alive == true);
}

TEST_CASE("cluster grants: how ready a service is, the best of all sessions") {
    ClusterParts parts;
    wire::Service service = ClusterParts::web(1, {"a.example.com"});
    service.health = wire::HealthPart{false, false};
    parts.ask(service);
    REQUIRE(parts.is_registered(1));
    const ClaimName name("a.example.com", "/");
    using Reports = std::vector<std::pair<ClaimName, Readiness>>;
    CHECK(parts.cluster->readiness() == Reports{{name, Readiness::unhealthy}});
    {
        const auto uses = parts.shared->cluster_names->use(*parts.cluster, {name}, parts.facts.client, 0);
        CHECK(parts.cluster->readiness().size() == 1);
        uses.front()->set_readiness(Readiness::standby);
        CHECK(parts.cluster->readiness().size() == 2);
        CHECK(parts.cluster->readiness().back() == std::pair(name, Readiness::standby));
        uses.front()->set_readiness(Readiness::standby);
        parts.run([&] { parts.table.set_retired(); });
        CHECK(parts.cluster->readiness().size() == 2);
    }
    CHECK(parts.cluster->readiness().back() == std::pair(name, Readiness::draining));
    CHECK(parts.cluster->readiness().size() == 3);
    parts.run([&] { parts.table.close_all(); });
    CHECK(parts.cluster->readiness().size() == 3);
}

TEST_CASE("cluster grants: names with a present owner are claimed as that owner's, the others as their own") {
    const auto names = std::make_shared<ClusterNames>();
    FakeCluster cluster;
    const login::TokenId token{1};
    const directory::ClientId first(token, {1});
    const directory::ClientId second(token, {2});
    const ClaimName a("a.example.com", "/");
    const ClaimName b("b.example.com", "/");
    auto older = names->use(cluster, {a}, first, 0);
    auto younger = names->use(cluster, {a, b}, second, 0);
    REQUIRE(younger.size() == 2);
    CHECK(younger[0]->owner() == first);
    CHECK(younger[0]->names() == std::vector<ClaimName>{a});
    CHECK(younger[1]->owner() == second);
    older.clear();
    CHECK(names->use(cluster, {a}, second, 0).front()->owner() == first);
    CHECK(names->use(cluster, {a}, second, 5).front()->owner() == second);          // with other terms
    CHECK(names->use(cluster, {a}, {{2}, {3}}, 0).front()->owner().first[0] == 2);  // of another token
    younger.clear();
    CHECK(names->size() == 0);
    CHECK(names->use(cluster, {a}, second, 0).front()->owner() == second);
}

TEST_CASE("cluster grants: what the members of a group must agree on") {
    wire::Service service = ClusterParts::web(1, {"a.example.com"});
    CHECK(cluster_terms(service, std::nullopt) == 0);
    service.group.name = "pool";
    directory::Membership membership;
    const std::uint64_t terms = cluster_terms(service, membership);
    CHECK(terms == 0x0405'32d1'9ea3'cffdU);  // in all versions

    wire::Service same = service;
    same.id = 9;
    same.name = "other";
    same.metadata = "note";
    same.health = wire::HealthPart{true, true};
    same.proof = wire::Proof{};
    same.http.hosts = {"A.example.com"};
    same.http.path = "/";
    same.http.backend_tls = true;
    same.group.weight = 5;
    membership.weight = 5;
    membership.standby = true;
    membership.name = "b";
    CHECK(cluster_terms(same, membership) == terms);

    wire::Service rules = service;
    rules.http.rules.host = "backend";
    CHECK(cluster_terms(rules, membership) != terms);
    wire::Service visitors = service;
    visitors.http.per_visitor = true;
    CHECK(cluster_terms(visitors, membership) != terms);
    membership.balance = wire::Balance::least;
    CHECK(cluster_terms(service, membership) != terms);
}

TEST_CASE("cluster grants: the members of a group have the same names") {
    ClusterParts parts;
    wire::Service service = ClusterParts::web(1, {"a.example.com"});
    service.group.name = "pool";
    parts.ask(service);
    REQUIRE(parts.is_registered(1));
    service.id = 2;
    service.http.hosts = {"b.example.com"};
    service.group.name = "other";
    parts.ask(service);
    REQUIRE(parts.is_asked(2));
    const auto one = parts.cluster->request(0);
    const auto other = parts.cluster->request(1);
    CHECK(one.owner == directory::group_id(parts.token.id, Kind::http, "pool"));
    CHECK(one.terms != 0);
    CHECK(one.terms != other.terms);
}
