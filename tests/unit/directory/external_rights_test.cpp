// Rights of tokens that are in no table: they permit, and reserve nothing.
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "directory/registry.hpp"
#include "directory/right_rules.hpp"
#include "support/seeded_random.hpp"
#include "unit/login/external_put.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;

namespace {

using HostList = std::optional<std::vector<std::string>>;

struct ExternalRights {
    ferrotunnel::test::SeededRandom random{3};
    std::shared_ptr<login::ExternalTokens> external = std::make_shared<login::ExternalTokens>();
    std::vector<login::AcceptedToken> table;
    std::vector<std::shared_ptr<login::ExternalToken>> used;

    login::Token new_token() { return *login::parse_token(login::make_token(random)); }
    static std::shared_ptr<const login::Rights> rights(HostList hosts, const std::string& ports) {
        login::Rights made;
        made.hosts = std::move(hosts);
        if (!ports.empty()) {
            made.ports = login::PortRight{false, login::PortPolicy::parse(ports).value()};
        }
        return std::make_shared<const login::Rights>(std::move(made));
    }
    login::TokenId in_table(HostList hosts, const std::string& ports = {}) {
        const login::Token token = new_token();
        table.push_back({"table", token, {}, rights(std::move(hosts), ports)});
        return token.id;
    }
    login::TokenId outside(HostList hosts, const std::string& ports = {}) {
        const login::Token token = new_token();
        used.push_back(ferrotunnel::test::put_external(*external, {token, "outside", rights(std::move(hosts), ports)},
                                                       TimePoint{} + 1h));
        return token.id;
    }
    std::shared_ptr<const RightRules> rules() const {
        return std::make_shared<const RightRules>(table, "assigned.test", external);
    }
    bool may(const login::TokenId& token, std::string_view host) const { return !rules()->refuse_host(token, host); }
    bool may_port(const login::TokenId& token, std::uint16_t port) const {
        return !rules()->refuse_port(token, port, login::PortPolicy());
    }
};

}  // namespace

TEST_CASE("external rights: a token may have the hosts that its rights name, and no others", "[external]") {
    ExternalRights world;
    const auto alice = world.outside({{"alice.test", "*.alice.test"}});
    CHECK(world.may(alice, "alice.test"));
    CHECK(world.may(alice, "app.alice.test"));
    CHECK(world.may(alice, "*.alice.test"));
    CHECK_FALSE(world.may(alice, "bob.test"));
    CHECK_FALSE(world.may(alice, "a.b.alice.test"));
    CHECK(world.rules()->names_host(alice, "app.alice.test"));
    CHECK(world.rules()->may_see(alice, "app.alice.test"));
}

TEST_CASE("external rights: they reserve nothing from others", "[external]") {
    ExternalRights world;
    (void)world.outside({{"alice.test"}}, "8000");
    const auto free = world.outside(std::nullopt);
    const auto table = world.in_table(std::nullopt);
    CHECK(world.may(free, "alice.test"));
    CHECK(world.may(table, "alice.test"));
    CHECK(world.may_port(free, 8'000));
    CHECK(world.may_port(table, 8'000));
}

TEST_CASE("external rights: those of the table precede, unless they are less specific", "[external]") {
    ExternalRights world;
    const auto shop = world.in_table({{"**.shop.test", "pay.shop.test"}}, "8000-8010");
    const auto alice = world.outside({{"*.shop.test"}}, "8005");
    const auto wide = world.outside({{"**.test"}}, "8000-8100");
    const auto free = world.outside(std::nullopt);
    CHECK(world.may(alice, "app.shop.test"));
    CHECK_FALSE(world.may(alice, "pay.shop.test"));
    CHECK_FALSE(world.may(wide, "app.shop.test"));
    CHECK(world.may(wide, "app.test"));
    CHECK_FALSE(world.may(free, "app.shop.test"));
    CHECK_FALSE(world.may(free, "*.assigned.test"));
    CHECK_FALSE(world.may(free, "*"));
    CHECK(world.may(shop, "app.shop.test"));
    CHECK(world.may_port(alice, 8'005));
    CHECK_FALSE(world.may_port(alice, 8'006));
    CHECK_FALSE(world.may_port(wide, 8'006));
    CHECK(world.may_port(wide, 8'050));
    CHECK_FALSE(world.may_port(free, 8'005));
    CHECK_FALSE(world.rules()->may_see(alice, "pay.shop.test"));
}

TEST_CASE("external rights: only known tokens exist, and rights end with them", "[external]") {
    ExternalRights world;
    const auto rules = world.rules();
    CHECK_FALSE(rules->has_token(world.new_token().id));
    const auto alice = world.outside({{"alice.test"}});
    CHECK(rules->has_token(alice));
    CHECK(rules->of(alice)->hosts);
    const RightsRef held = rules->of(alice);
    world.external->revoke(alice);
    CHECK_FALSE(rules->has_token(alice));
    CHECK_FALSE(rules->of(alice)->hosts);
    CHECK(held->hosts->front() == "alice.test");
}

TEST_CASE("external rights: quotas and expiries of tokens in use are among the server's", "[external]") {
    ExternalRights world;
    login::Rights rights;
    rights.visitors = 3;
    rights.expires = login::Rights::Moment() + 1h;
    const login::Token token = world.new_token();
    auto used = ferrotunnel::test::put_external(
        *world.external, {token, "a", std::make_shared<const login::Rights>(rights)}, TimePoint{} + 1h);
    const auto counts = [&] {
        std::size_t quotas = 0;
        std::size_t expiries = 0;
        world.rules()->for_each_quota([&](const login::TokenId&, const login::Rights&) { ++quotas; });
        world.rules()->for_each_expiry([&](const login::TokenId&, login::Rights::Moment) { ++expiries; });
        return std::pair(quotas, expiries);
    };
    CHECK(counts() == std::pair<std::size_t, std::size_t>(1, 1));
    used.reset();
    CHECK(counts() == std::pair<std::size_t, std::size_t>(0, 0));
}

TEST_CASE("external rights: a revoked token's reserved ports are free", "[external]") {
    ExternalRights world;
    Registry registry;
    registry.set_rules(world.rules());
    const auto alice = world.outside(std::nullopt);
    const auto bob = world.outside(std::nullopt);
    registry.keep(2'222, alice, Clock::now() + 1h);
    registry.keep(2'223, bob, Clock::now() + 1h);
    registry.forget_unknown_owners();
    CHECK(registry.ports(Clock::now()).size() == 2);
    world.external->revoke(alice);
    registry.forget_unknown_owners();
    const auto left = registry.ports(Clock::now());
    REQUIRE(left.size() == 1);
    CHECK(left.front().owner == bob);
}
