// Quotas of tokens across members of a cluster.
#include "directory/shared_use.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/hex.hpp"
#include "unit/directory/fake_values.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::directory::test;
using namespace std::chrono_literals;

namespace {

constexpr login::TokenId limited{7};
constexpr ClientId limited_first_client{limited, {1}};
constexpr ClientId limited_second_client{limited, {2}};

class SilentSession final : public SessionHandle {
public:
    void evict(wire::Code /*code*/, std::string /*text*/, std::function<void()> /*released*/) override {}
    void probe(std::function<void(bool alive)> /*answer*/) override {}
};

login::Rights rights_with(const std::function<void(login::Rights&)>& change) {
    login::Rights rights;
    change(rights);
    return rights;
}

struct UseMember {
    UseMember(FakeCluster& cluster, const std::string& name, const login::Rights& given)
        : rights(given), values(cluster, name) {
        const std::array<std::uint8_t, login::Key::size_bytes> no_bytes{};
        const login::AcceptedToken token{"limited",
                                         {login::Key(no_bytes), limited, login::TokenStrength::strong},
                                         {},
                                         std::make_shared<const login::Rights>(given)};
        registry.set_rules(std::make_shared<const RightRules>(std::vector{token}));
        shared =
            std::make_shared<SharedUse>(SharedUse::Needs{values, use, registry, [&cluster] { return cluster.now(); }});
        shared->watch();
    }
    TokenUse::Counted visitor(TimePoint now) { return use.count_visitor(limited, rights, now); }
    TokenUse::Counted service(const ClientId& client, std::uint32_t id) {
        return use.count_service(client, id, rights);
    }

    login::Rights rights;
    FakeValues values;
    TokenUse use;
    Registry registry;
    std::shared_ptr<SharedUse> shared;
};

struct TwoMembers {
    explicit TwoMembers(const std::function<void(login::Rights&)>& change)
        : a(cluster, "a", rights_with(change)), b(cluster, "b", rights_with(change)) {}
    void second() {
        cluster.advance(1s);
        a.shared->tick();
        b.shared->tick();
    }

    FakeCluster cluster;
    UseMember a;
    UseMember b;
};

}  // namespace

TEST_CASE("visitors at two members are added up within a second, and released when they end", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors = 3; });
    auto one = rig.a.visitor(rig.cluster.now());
    auto two = rig.a.visitor(rig.cluster.now());
    auto three = rig.b.visitor(rig.cluster.now());
    auto four = rig.b.visitor(rig.cluster.now());  // within the second: the stated error
    REQUIRE((one && two && three && four));
    rig.second();
    CHECK(rig.a.use.elsewhere(limited).visitors == 2);
    CHECK(rig.b.use.elsewhere(limited).visitors == 2);
    CHECK_FALSE(rig.a.visitor(rig.cluster.now()));
    CHECK_FALSE(rig.b.visitor(rig.cluster.now()));
    one.reset();
    four.reset();
    rig.second();
    CHECK(rig.a.use.elsewhere(limited).visitors == 1);
    auto again = rig.b.visitor(rig.cluster.now());
    CHECK(again);
    CHECK_FALSE(rig.b.visitor(rig.cluster.now()));
}

TEST_CASE("what a lost member has told counts for five seconds, and what lasts is published again", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors = 1; });
    const auto held = rig.a.visitor(rig.cluster.now());
    rig.second();
    const int before = rig.a.values.sets;
    for (int i = 0; i < 20; ++i) {
        rig.second();
        CHECK_FALSE(rig.b.visitor(rig.cluster.now()));
    }
    CHECK(rig.a.values.sets - before == 10);  // each other second
    for (int i = 0; i < 5; ++i) {             // a has ended
        rig.cluster.advance(1s);
    }
    CHECK(rig.b.use.elsewhere(limited).visitors == 0);
    CHECK(rig.b.visitor(rig.cluster.now()));
}

TEST_CASE("nothing is published of a token that is not used, or has no quota", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors = 1; });
    for (int i = 0; i < 10; ++i) {
        rig.second();
    }
    CHECK(rig.a.values.sets == 0);
    (void)rig.a.visitor(rig.cluster.now());  // ends at once
    for (int i = 0; i < 10; ++i) {
        rig.second();
    }
    CHECK(rig.a.values.sets == 1);
    TwoMembers without([](login::Rights&) {});
    const auto held = without.a.service(limited_first_client, 1);
    without.second();
    CHECK(without.a.values.sets == 0);
}

TEST_CASE("new visitors at both members stay within the rate, but for a second", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors_per_second = 10; });
    int admitted = 0;
    for (int second = 0; second < 60; ++second) {
        for (int i = 0; i < 50; ++i) {
            admitted += rig.a.visitor(rig.cluster.now()) ? 1 : 0;
            admitted += rig.b.visitor(rig.cluster.now()) ? 1 : 0;
        }
        rig.second();
    }
    CHECK(admitted <= 10 * 60 + 2 * 10);
    CHECK(admitted >= 10 * 60 / 2);
    for (int i = 0; i < 10; ++i) {
        rig.second();
    }
    CHECK(rig.a.visitor(rig.cluster.now()));
    CHECK(rig.b.visitor(rig.cluster.now()));
}

TEST_CASE("services of clients at two members count once for a client that is at both", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.services = 3; });
    const auto here = rig.a.service(limited_first_client, 1);
    const auto also_here = rig.a.service(limited_first_client, 2);
    rig.second();
    CHECK(rig.b.use.elsewhere(limited).services == 2);
    const auto there = rig.b.service(limited_first_client, 1);
    rig.second();
    CHECK(rig.b.use.elsewhere(limited).services == 1);
    const auto also_there = rig.b.service(limited_first_client, 2);
    REQUIRE((there && also_there));
    rig.second();
    CHECK(rig.b.use.elsewhere(limited).services == 0);
    CHECK(rig.a.use.elsewhere(limited).services == 0);
    const auto other = rig.b.service(limited_second_client, 1);
    REQUIRE(other);
    rig.second();
    CHECK(rig.a.use.elsewhere(limited).services == 1);
    CHECK_FALSE(rig.a.service(limited_first_client, 3));
    CHECK_FALSE(rig.b.service(limited_second_client, 2));
}

TEST_CASE("connections at other members count towards the token's quota", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.connections = 2; });
    const auto admit = [&](UseMember& member, std::uint8_t client) {
        SessionInfo info;
        info.key = member.registry.new_key();
        info.token = limited;
        info.instance = {client};
        return std::holds_alternative<Admitted>(member.registry.admit(info, std::make_shared<SilentSession>()));
    };
    REQUIRE(admit(rig.a, 1));
    rig.second();
    CHECK(rig.b.registry.elsewhere(limited) == 1);
    REQUIRE(admit(rig.b, 2));
    CHECK_FALSE(admit(rig.b, 3));
    rig.second();
    CHECK_FALSE(admit(rig.a, 4));
}

TEST_CASE("limit: members whose counts of a token are kept", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors = 100; });
    const auto told = [&rig](const std::string& key_member, const std::string& setter) {
        const std::string key = "use/" + key_member + '/' + to_hex(limited);
        rig.cluster.change(key, ClusterValue{TokenCounts{1}.text(), setter, SharedUse::lifetime});
    };
    for (std::size_t i = 0; i < SharedUse::members_max; ++i) {
        const std::string member = "m" + std::to_string(i);
        told(member, member);
    }
    CHECK(rig.a.use.elsewhere(limited).visitors == SharedUse::members_max);
    told("further", "further");
    told("m0", "liar");  // in the name of another one: as if it had none
    told("further", "liar");
    CHECK(rig.a.use.elsewhere(limited).visitors == SharedUse::members_max - 1);
    told("m0", "m0");
    CHECK(rig.a.use.elsewhere(limited).visitors == SharedUse::members_max);
}

TEST_CASE("limit: members that have ended make room for those that start with other names", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors = 100; });
    const auto told = [&rig](const std::string& member, std::uint64_t visitors) {
        rig.cluster.change("use/" + member + '/' + to_hex(limited),
                           ClusterValue{TokenCounts{visitors}.text(), member, SharedUse::lifetime});
    };
    for (std::size_t start = 0; start < 2 * SharedUse::members_max; ++start) {
        const std::string member = "start" + std::to_string(start);
        CAPTURE(member);
        rig.cluster.join(member);
        told(member, 2);
        REQUIRE(rig.a.use.elsewhere(limited).visitors == 2);
        rig.cluster.leave(member);
        rig.cluster.advance(SharedUse::lifetime);  // no tick between: the last one leaves just before the next joins
        REQUIRE(rig.a.use.elsewhere(limited).visitors == 0);
    }
}

TEST_CASE("what a linked member without visitors has admitted is kept, and not that of an ended one", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors_per_second = 10; });
    const auto told = [&rig](std::uint64_t admitted) {
        const TokenCounts counts{0, 0, admitted};
        rig.cluster.change("use/c/" + to_hex(limited), ClusterValue{counts.text(), "c", SharedUse::lifetime});
    };
    const auto is_held_back = [&rig] { return !rig.a.visitor(rig.cluster.now()); };
    const auto idle = [&rig] {
        for (int i = 0; i < 10; ++i) {
            rig.second();
        }
    };
    rig.cluster.join("c");
    told(1'000);
    CHECK_FALSE(is_held_back());  // it had admitted these before it was known
    idle();
    told(1'020);
    CHECK(is_held_back());
    idle();
    rig.cluster.leave("c");
    rig.second();
    told(1'040);  // counts from its beginning, as that of an unknown member
    CHECK_FALSE(is_held_back());
}

TEST_CASE("counts as text, and texts that are not counts", "[rights]") {
    const TokenCounts counts{3, 2, 1ULL << 60U, 5, {{"0123456789abcdef", 4}}};
    CHECK(counts.text() == "3 2 1152921504606846976 5 0123456789abcdef:4");
    CHECK(TokenCounts::read(counts.text()) == counts);
    for (const std::string& wrong :
         {std::string(), std::string("1 2 3"), std::string("1 2 3 -4"), std::string("1 2 3 4294967296"),
          std::string("1 2 3 4 abc:1"), std::string("1 2 3 4 0123456789abcdef:"), std::string("x 2 3 4")}) {
        CHECK_FALSE(TokenCounts::read(wrong));
    }
    TokenCounts many;
    for (std::size_t i = 0; i < TokenCounts::clients_max; ++i) {
        many.services[std::to_string(1'000'000'000'000'000 + i)] = 1;
    }
    CHECK(many.text().size() < 12 * 1024);
    CHECK(TokenCounts::read(many.text()) == many);
    many.services["2000000000000000"] = 1;
    CHECK_FALSE(TokenCounts::read(many.text()));
}

TEST_CASE("a member counts for itself only, and a wrong value counts nothing", "[rights]") {
    TwoMembers rig([](login::Rights& rights) { rights.visitors = 1; });
    const std::string token = "0700000000000000";
    REQUIRE(rig.b.values.set("use/c/" + token, "9 9 9 9", 5s));
    CHECK(rig.a.use.elsewhere(limited).visitors == 0);
    REQUIRE(rig.b.values.set("use/b/" + token, "9 9 9", 5s));
    REQUIRE(rig.b.values.set("use/b/xx", "9 9 9 9", 5s));
    CHECK(rig.a.use.elsewhere(limited).visitors == 0);
    REQUIRE(rig.b.values.set("use/b/" + token, "9 9 9 9", 5s));
    CHECK(rig.a.use.elsewhere(limited).visitors == 9);
}
