// Visits through a real server: who reaches a private service, and who does not.
#include "ferrotunnel/visit.hpp"

#include "unit/api/end_to_end.hpp"

namespace ferrotunnel {

using namespace ferrotunnel::test;

namespace {

std::uint16_t port_in(const std::string& address) {
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

bool is_refused(std::uint16_t port) {
    try {
        Visitor visitor(port);
        return false;
    } catch (const std::system_error&) {
        return true;
    }
}

// A server with the tokens of alice and bob, and a client of alice with the private service "db".
struct VisitFixture {
    explicit VisitFixture(const Rights& rights = {}) {
        server = settings(rights, bob.copy()).build();
        server.start();
        office = client_builder(alice, server.client_endpoint()).build();
        Tcp db = Tcp::private_service("db", echo.address());
        db.key = key;
        office.add(db);
        office.start();
        REQUIRE_FALSE(office.wait_ready(patience));
    }
    Server::Builder settings(const Rights& rights_of_alice, Secret of_bob, Secret also_of_bob = {}) const {
        Server::Builder builder = Server::builder();
        builder.bind("127.0.0.1:0").tcp_bind("127.0.0.1");
        builder.add_token(alice.copy(), "alice", rights_of_alice)
            .add_token(std::move(of_bob), "bob", {}, std::move(also_of_bob));
        return builder;
    }
    // A client with this token that visits, and is connected; its port.
    std::uint16_t visit(const Secret& token, const std::string& service, const VisitKey& with) {
        visiting = client_builder(token, server.client_endpoint()).build();
        const std::string at = visiting.visit({service, "0", with});
        visiting.start();
        REQUIRE(eventually([this] { return visiting.connected(); }));
        return port_in(at);
    }

    const Secret alice = Secret::generate();
    const Secret bob = Secret::generate();
    const VisitKey key{Secret::generate()};
    Echo echo;
    Server server;
    Client office;
    Client visiting;
};

}  // namespace

TEST_CASE("a visit reaches a private service of another client", "[visit]") {
    VisitFixture rig;
    const std::uint16_t port = rig.visit(rig.alice, "db", rig.key);
    Visitor first(port);
    Visitor second(port);
    CHECK(first.echoes("hello"));
    CHECK(second.echoes(std::string(1'000'000, 'x').substr(0, 3'000)));
    CHECK(first.echoes("again"));

    SECTION("and ends with the service's client, as a reset") {
        rig.office.stop();
        CHECK(first.wait_for_end() == asio::error::connection_reset);
        Visitor late(port);
        CHECK_FALSE(late.echoes("nobody"));
    }
}

TEST_CASE("a visit with another key, or of another name, is reset", "[visit]") {
    VisitFixture rig;
    const bool wrong_key = GENERATE(true, false);
    const VisitKey other{Secret::generate()};
    Visitor visitor(rig.visit(rig.alice, wrong_key ? "db" : "web", wrong_key ? other : rig.key));
    CHECK_FALSE(visitor.echoes("hello"));
}

TEST_CASE("another token's services are visited where their token says so", "[visit]") {
    const bool allowed = GENERATE(true, false);
    Rights rights;
    if (allowed) {
        rights.visited_by = {{"bob"}};
    }
    VisitFixture rig(rights);
    const bool by_name = GENERATE(true, false);
    Visitor visitor(rig.visit(rig.bob, by_name ? "db@alice" : "db", rig.key));
    CHECK(visitor.echoes("hello") == (allowed && by_name));
}

TEST_CASE("a visitor's token may change its secret, and visits on", "[visit]") {
    Rights rights;
    rights.visited_by = {{"bob"}};
    VisitFixture rig(rights);
    const Secret fresh = Secret::generate();
    CHECK(rig.server.apply(rig.settings(rights, fresh.copy(), rig.bob.copy())).problems.empty());
    Visitor before(rig.visit(fresh, "db@alice", rig.key));
    CHECK(before.echoes("hello"));
    CHECK(rig.server.apply(rig.settings(rights, fresh.copy())).problems.empty());  // its first secret is gone
    Visitor after(rig.visit(fresh, "db@alice", rig.key));
    CHECK(after.echoes("hello"));
}

TEST_CASE("what cannot be a visit is refused at once", "[visit]") {
    CHECK(VisitKey().empty());
    CHECK_THROWS_AS(VisitKey(Secret::from_string("made up by a person")), config_error);
    const Secret token = Secret::generate();
    const VisitKey key(token);
    CHECK(key == VisitKey(token.copy()));
    Client client = client_builder(token, "127.0.0.1:1").build();
    CHECK_THROWS_AS(client.visit({"", "0", key}), config_error);
    CHECK_THROWS_AS(client.visit({"db@", "0", key}), config_error);
    CHECK_THROWS_AS(client.visit({"db", "example.com:1", key}), config_error);
    CHECK_THROWS_AS(client.visit({"db", "0", VisitKey()}), config_error);
    const std::string at = client.visit({"db", "127.0.0.1:0", key});
    CHECK_THROWS_AS(client.visit({"db", at, key}), std::system_error);  // it is taken

    Tcp with_port(8080, "127.0.0.1:1");
    with_port.key = key;
    CHECK_THROWS_AS(client.add(with_port), config_error);
    Tcp by_tls = Tcp::private_service("tls", "tls://127.0.0.1:1");
    by_tls.key = key;
    CHECK_THROWS_AS(client.add(by_tls), config_error);
    Tcp served = Tcp::private_service("served");
    served.key = key;
    CHECK_THROWS_AS(client.listen(served), config_error);
}

TEST_CASE("visits of the settings are compared, and only what differs is touched", "[visit]") {
    VisitFixture rig;
    const VisitKey other{Secret::generate()};
    const auto with = [&](std::vector<Visit> visits) {
        Client::Builder builder = client_builder(rig.alice, rig.server.client_endpoint());
        builder.visits(std::move(visits));
        return builder;
    };
    rig.visiting = with({{"db", "0", rig.key}}).build();
    CHECK(rig.visiting.visits().empty());  // it listens from its start on
    rig.visiting.start();
    REQUIRE(eventually([&] { return rig.visiting.connected(); }));
    const std::string at = rig.visiting.visits().at(0).at;
    Visitor stays(port_in(at));
    REQUIRE(stays.echoes("hello"));
    CHECK(rig.visiting.visits().at(0).open == 1);
    const std::string own = rig.visiting.visit({"db", "0", rig.key});

    SECTION("nothing of the same") {
        const ApplyReport report = rig.visiting.apply(with({{"db", "0", rig.key}}), {});
        CHECK(report.ok());
        CHECK(report.applied.empty());
        CHECK(rig.visiting.visits().at(0).at == at);
    }
    SECTION("another key counts for who comes then") {
        const ApplyReport report = rig.visiting.apply(with({{"db", "0", other}}), {});
        REQUIRE(report.applied.size() == 1);
        CHECK(report.applied[0].kind == ApplyReport::Change::Kind::changed);
        CHECK(report.applied[0].key == "client.visits");
        CHECK(report.applied[0].name == "db");
        CHECK(rig.visiting.visits().at(0).at == at);
        Visitor late(port_in(at));
        CHECK_FALSE(late.echoes("hello"));
        REQUIRE(eventually([&] { return rig.visiting.visits().at(0).failed == 1; }));
        CHECK(rig.visiting.visits().at(0).why == "the client of the service rejected the key: the keys differ");
        CHECK(rig.visiting.visits().at(0).opened == 2);
    }
    SECTION("one that is new, and one that is gone") {
        const std::string before = own;
        CHECK_FALSE(
            rig.visiting.apply(with({{"db", "0", rig.key}, {"web", before, rig.key}}), {}).ok());  // it is taken
        CHECK(rig.visiting.check(with({{"db@", "0", rig.key}}), {}).problems.size() == 1);
        const ApplyReport report = rig.visiting.apply(with({{"web", "127.0.0.1:0", rig.key}}), {});
        REQUIRE(report.applied.size() == 1);  // its place is the same: any port
        CHECK(report.applied[0].name == "web");
        CHECK(rig.visiting.apply(with({}), {}).applied.size() == 1);
        REQUIRE(eventually([&] { return is_refused(port_in(at)); }));
    }
    CHECK(stays.echoes("again"));
    CHECK(Visitor(port_in(own)).echoes("its own"));
    CHECK(rig.visiting.visits().back().at == own);
}

TEST_CASE("what cannot be visits of a client is refused", "[visit]") {
    const Secret token = Secret::generate();
    const VisitKey key(token);
    const auto problems = [&](std::vector<Visit> visits) {
        Client::Builder builder = client_builder(token, "127.0.0.1:1");
        builder.visits(std::move(visits));
        return builder.check().size();
    };
    CHECK(problems({{"db", "5432", key}, {"db", "127.0.0.1:5432", key}}) == 1);
    CHECK(problems({{"db", "0", key}, {"db", "0", key}}) == 0);
    CHECK(problems({{"db", "0", VisitKey()}}) == 1);
    CHECK(problems(std::vector<Visit>(256, {"db", "0", key})) == 0);
    CHECK(problems(std::vector<Visit>(257, {"db", "0", key})) == 1);
}

}  // namespace ferrotunnel
