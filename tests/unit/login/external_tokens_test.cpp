// The table of tokens that were looked up: its bound, what it keeps, and what it answers.
#include "login/external_tokens.hpp"

// GCC 12 is wrong about a TokenStore's ports.
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "login/token_store.hpp"
#include "support/seeded_random.hpp"
#include "unit/login/external_put.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

struct ExternalFixture {
    test::SeededRandom random{8};
    TimePoint now = TimePoint{} + 1h;

    TokenGrant grant(const std::string& name, Duration cached_for = 1h) {
        return {*parse_token(make_token(random)), name, nullptr, cached_for};
    }
};

}  // namespace

TEST_CASE("external tokens: beyond the bound, unused ones with the oldest answers are forgotten", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens(8);
    int forgotten = 0;
    tokens.on_forgotten([&] { ++forgotten; });
    std::vector<TokenId> ids;
    std::vector<std::shared_ptr<ExternalToken>> used;
    for (int i = 0; i < 8; ++i) {
        const TokenGrant grant = world.grant(std::to_string(i));
        ids.push_back(grant.token.id);
        auto token = test::put_external(tokens, grant, world.now + std::chrono::seconds(i));
        if (i == 0) {
            used.push_back(std::move(token));  // the oldest one is in use
        }
    }
    CHECK(tokens.size() == 8);
    CHECK(forgotten == 0);
    (void)test::put_external(tokens, world.grant("next"), world.now + 9s);
    CHECK(forgotten == 1);
    CHECK(tokens.size() == 6);
    CHECK(tokens.has(ids[0]));
    CHECK_FALSE(tokens.has(ids[1]));
    CHECK_FALSE(tokens.has(ids[3]));
    CHECK(tokens.has(ids[4]));
}

TEST_CASE("external tokens: what is remembered has a bound, and is known without being accepted", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens(2);
    CHECK(tokens.is_empty());
    const TokenId id = world.grant("a").token.id;
    tokens.remember(id);
    CHECK_FALSE(tokens.is_empty());
    CHECK(tokens.has(id));
    CHECK_FALSE(tokens.find(id));
    CHECK_FALSE(tokens.lent(id, world.now));
    CHECK_FALSE(tokens.used(id));
    tokens.remember(world.grant("b").token.id);
    tokens.remember(world.grant("c").token.id);
    CHECK(tokens.size() == 2);
    CHECK(tokens.revoke(id));
    CHECK(tokens.size() == 1);
}

TEST_CASE("external tokens: a later answer brings its rights to the sessions that are there", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens;
    TokenGrant grant = world.grant("a");
    const auto session = test::put_external(tokens, grant, world.now);
    grant.name = "b";
    Rights rights;
    rights.visitors = 3;
    grant.rights = std::make_shared<const Rights>(rights);
    CHECK(test::put_external(tokens, grant, world.now) == session);
    CHECK(session->token()->name == "b");
    CHECK(tokens.rights_of(grant.token.id)->visitors == 3);
    CHECK(tokens.all_used().size() == 1);
}

TEST_CASE("external tokens: an answer changes nothing before a client has proved the token", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens;
    TokenGrant grant = world.grant("a");
    const auto strangers = tokens.offer(grant, tokens.epoch());
    CHECK(tokens.is_empty());
    CHECK_FALSE(tokens.lent(grant.token.id, world.now));
    const auto session = test::put_external(tokens, grant, world.now);
    grant.name = "b";
    grant.cached_for = 2h;
    const auto offered = tokens.offer(grant, tokens.epoch());
    CHECK(session->token()->name == "a");
    CHECK(tokens.lent(grant.token.id, world.now) == session);
    CHECK_FALSE(tokens.lent(grant.token.id, world.now + 1h));
    CHECK(tokens.proved(offered, world.now) == session);
    CHECK(session->token()->name == "b");
    CHECK(tokens.lent(grant.token.id, world.now + 1h) == session);
}

TEST_CASE("external tokens: one that is revoked between its answer and its proof is not known", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens;
    const TokenGrant grant = world.grant("a");
    const auto offered = tokens.offer(grant, tokens.epoch());
    CHECK(tokens.revoke(grant.token.id));
    CHECK(tokens.proved(offered, world.now)->is_revoked());
    CHECK_FALSE(tokens.has(grant.token.id));
    CHECK_FALSE(tokens.revoke(world.grant("b").token.id));
}

TEST_CASE("external tokens: an answer from before they were forgotten is not lent", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens;
    TokenGrant grant = world.grant("a");
    grant.stale_for = 1h;
    const bool all = GENERATE(false, true);
    const auto offered = tokens.offer(grant, tokens.epoch());
    all ? tokens.forget_all() : tokens.forget(grant.token.id);
    const auto session = tokens.proved(offered, world.now);
    CHECK_FALSE(tokens.lent(grant.token.id, world.now));
    CHECK_FALSE(tokens.lent(grant.token.id, world.now, true));
    CHECK(tokens.used(grant.token.id) == session);
    tokens.refused(world.grant("b").token.id);  // anyone can make a source refuse
    CHECK(test::put_external(tokens, grant, world.now) == session);
    CHECK(tokens.lent(grant.token.id, world.now) == session);
}

TEST_CASE("external tokens: an answer from before they were forgotten does not replace a later one", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens;
    TokenGrant grant = world.grant("before");
    const TokenId id = grant.token.id;
    const auto early = tokens.offer(grant, tokens.epoch());
    const auto early_too = tokens.offer(grant, tokens.epoch());
    const bool all = GENERATE(false, true);
    all ? tokens.forget_all() : tokens.forget(id);
    grant.name = "after";
    Rights rights;
    rights.visitors = 3;
    grant.rights = std::make_shared<const Rights>(rights);
    const auto session = test::put_external(tokens, grant, world.now);
    CHECK(tokens.proved(early, world.now) == session);
    CHECK(session->token()->name == "after");
    REQUIRE(tokens.rights_of(id));
    CHECK(tokens.rights_of(id)->visitors == 3);
    CHECK(tokens.lent(id, world.now) == session);
    grant.name = "later";
    CHECK(test::put_external(tokens, grant, world.now) == session);  // of the same epoch
    CHECK(session->token()->name == "later");
    CHECK(tokens.revoke(id));
    CHECK(tokens.proved(early_too, world.now)->is_revoked());
}

TEST_CASE("external tokens: the ports of every token apply to them, also later", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens;
    tokens.set_ports(*PortPolicy::parse("2000-2010"));
    const auto session = test::put_external(tokens, world.grant("a"), world.now);
    CHECK(session->token()->ports.allows(2'005));
    tokens.set_ports(*PortPolicy::parse("3000"));
    CHECK_FALSE(session->token()->ports.allows(2'005));
    CHECK(session->token()->ports.allows(3'000));
}

TEST_CASE("external tokens: a weak one makes the server count guesses from then on", "[external]") {
    ExternalFixture world;
    TokenStore store;
    (void)test::put_external(*store.external(), world.grant("strong"), world.now);
    CHECK_FALSE(store.any_weak());
    (void)test::put_external(*store.external(), {*parse_token("hunter2 hunter2"), "weak"}, world.now);
    CHECK(store.any_weak());
}

TEST_CASE("external tokens: a token's expiry is reported when it is put", "[external]") {
    ExternalFixture world;
    ExternalTokens tokens;
    std::vector<Rights::Moment> expiring;
    tokens.on_expiring([&](Rights::Moment when) { expiring.push_back(when); });
    TokenGrant grant = world.grant("a");
    (void)test::put_external(tokens, grant, world.now);
    CHECK(expiring.empty());
    Rights rights;
    rights.expires = Rights::Moment() + 5s;
    grant.rights = std::make_shared<const Rights>(rights);
    (void)test::put_external(tokens, grant, world.now);
    CHECK(expiring == std::vector{Rights::Moment() + 5s});
}

TEST_CASE("external tokens: the table of a server comes first in a store", "[external]") {
    ExternalFixture world;
    TokenStore store;
    const Token own = world.grant("").token;
    store = std::make_shared<const std::vector<AcceptedToken>>(1, AcceptedToken{"table", own, {}});
    const TokenGrant same_id{own, "outside"};
    const auto held = test::put_external(*store.external(), same_id, world.now);
    const TokenGrant other = world.grant("bob");
    const auto bob = test::put_external(*store.external(), other, world.now);
    CHECK(store.known_as(own.id)->name == "table");
    CHECK(store.known_as(other.token.id)->name == "bob");
    CHECK(store.named("table")->token.id == own.id);
    CHECK(store.named("bob")->token.id == other.token.id);
    CHECK(store.named_in_table("table")->token.id == own.id);
    CHECK_FALSE(store.named_in_table("bob"));
    CHECK_FALSE(store.find(other.token.id));
    CHECK(store.all().size() == 3);
}
