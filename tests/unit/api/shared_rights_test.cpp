// Kicks and removed tokens as other members of a cluster learn of them, and as this one learns of theirs.
#include "api/shared_rights.hpp"

#include <chrono>

#include "base/hex.hpp"
#include "unit/api/server_parts.hpp"
#include "unit/directory/fake_values.hpp"
#include "unit/login/external_put.hpp"

namespace ferrotunnel::detail {
namespace {

using directory::test::FakeCluster;
using directory::test::FakeValues;
using runtime::test::on;
using test::eventually;
using namespace std::chrono_literals;

/// The member a; b has the same values.
struct SharedParts {
    SharedParts() {
        parts.shared->values = std::make_shared<FakeValues>(cluster, "a");
        on(parts.worker(), [&] { parts.shared_rights.watch(); });
    }
    /// What b does, as a hears of it.
    template <typename Action>
    void at_b(Action action) {
        on(parts.worker(), [&] { action(b); });
    }
    const login::AcceptedToken& token() {
        tokens = parts.shared->tokens.get();
        return tokens->front();
    }
    std::string hex() { return to_hex(token().token.id); }
    std::optional<session::KickList::Row> kicked(const std::string& name) {
        return parts.shared->kicked->find({token().id(), {}}, name, Clock::now());
    }

    login::ExternalTokens& external() { return *parts.shared->tokens.external(); }
    bool revoke_external(const login::TokenId& id) {
        return on(parts.worker(), [&] { return parts.shared_rights.revoke_external(id); });
    }

    FakeCluster cluster;
    FakeValues b{cluster, "b"};
    login::AcceptedTokens tokens;
    ServerParts parts;
};

login::TokenGrant looked_up(const std::string& name) {
    return {login::parse_token(Secret::generate().reveal()).value(), name};
}

}  // namespace

TEST_CASE("shared rights: a kick with a time is for all members", "[server][cluster]") {
    SharedParts rig;
    session::test::WireClient client = rig.parts.connect();
    REQUIRE(client.log_in());
    REQUIRE(eventually([&] { return rig.parts.notices.logins() == 1; }));
    const auto number = [&] {
        return std::to_string(rig.parts.sessions.number_of(rig.parts.sessions.all().front()->view().client));
    };
    REQUIRE(rig.parts.clients.kick({number()}));
    CHECK(rig.b.all("kick/").empty());  // without a time it may connect again
    REQUIRE(eventually([&] { return rig.parts.sessions.empty(); }));
    session::test::WireClient again = rig.parts.connect();
    REQUIRE(again.log_in());
    REQUIRE(eventually([&] { return rig.parts.notices.logins() == 2; }));
    const std::string who = number();
    REQUIRE(rig.parts.clients.kick({who}, 1min));
    const auto published = rig.b.all("kick/");
    REQUIRE(published.size() == 1);
    CHECK(published.front().first.starts_with("kick/" + rig.hex() + '/'));
    CHECK(published.front().second.text == "one");
    CHECK(published.front().second.left == 1min);
    REQUIRE(rig.parts.clients.kick({who}, 1s));  // a change of it likewise
    CHECK(rig.b.all("kick/").front().second.left == 1s);
}

TEST_CASE("shared rights: a kick at another member counts here", "[server][cluster]") {
    SharedParts rig;
    const std::string key = "kick/" + rig.hex() + "/name/bob";
    rig.at_b([&](FakeValues& b) { b.set(key, "one\n", 10min); });
    const auto row = rig.kicked("bob");
    REQUIRE(row);
    CHECK(row->who.member == "b");
    CHECK(row->who.token_name == "one?");
    CHECK(row->left > 9min);
    CHECK_FALSE(rig.kicked("alice"));
    rig.at_b([&](FakeValues& b) { b.remove(key); });
    CHECK_FALSE(rig.kicked("bob"));

    const std::string process(32, 'e');
    rig.at_b([&](FakeValues& b) {
        for (const std::string& other :
             {std::string("kick/"), std::string("kick/zz"), "kick/" + rig.hex(), "kick/" + rig.hex() + "/name/",
              "kick/" + rig.hex() + "/process/ee", "kick/" + rig.hex() + "/later/x"}) {
            b.set(other, "x", 10min);
        }
        b.set("kick/" + rig.hex() + "/process/" + process, "one", 10min);
    });
    CHECK(rig.parts.shared->kicked->rows(Clock::now()).size() == 1);
}

TEST_CASE("shared rights: a kick without a time at another member ends sessions here", "[server][cluster]") {
    SharedParts rig;
    session::test::WireClient client = rig.parts.connect();
    REQUIRE(client.log_in());
    REQUIRE(eventually([&] { return rig.parts.notices.logins() == 1; }));
    const std::string key =
        "end/" + rig.hex() + "/process/" + to_hex(rig.parts.sessions.all().front()->view().client.second);
    rig.at_b([&](FakeValues& b) {
        b.set("end/zz", "one", 10s);
        b.set("end/" + rig.hex() + "/process/" + std::string(32, 'e'), "one", 10s);
        b.set(key, "one", 10s);
    });
    REQUIRE(eventually([&] { return rig.parts.sessions.empty(); }));
    CHECK(rig.b.all("kick/").empty());
    CHECK(rig.parts.shared->kicked->rows(Clock::now()).empty());
    session::test::WireClient again = rig.parts.connect();
    REQUIRE(again.log_in());
    REQUIRE(eventually([&] { return rig.parts.notices.logins() == 2; }));
}

TEST_CASE("shared rights: a token that a reload removes is refused by all, until one adds it", "[server][cluster]") {
    SharedParts rig;
    CHECK(rig.b.all("revoked/").empty());
    const NamedToken two{Secret::generate(), "two"};
    REQUIRE(rig.parts.reload.add_token(two).ok());
    CHECK(rig.b.all("revoked/").empty());
    REQUIRE(rig.parts.reload.remove_token("two").ok());
    const auto revoked = rig.b.all("revoked/");
    REQUIRE(revoked.size() == 1);
    CHECK(revoked.front().second.member == "a");
    CHECK(revoked.front().second.left == Duration::zero());
    REQUIRE(rig.parts.reload.add_token(two).ok());
    CHECK(rig.b.all("revoked/").empty());
}

TEST_CASE("shared rights: a token that another member has removed is refused here", "[server][cluster]") {
    SharedParts rig;
    session::test::WireClient client = rig.parts.connect();
    REQUIRE(client.log_in());
    REQUIRE(eventually([&] { return rig.parts.notices.logins() == 1; }));
    const std::string key = "revoked/" + rig.hex();
    rig.at_b([&](FakeValues& b) {
        b.set("revoked/zz", "1", {});
        b.set(key, "1767225600", {});
    });
    REQUIRE(eventually([&] { return rig.parts.sessions.empty(); }));
    const auto revoked = rig.parts.shared->revoked->find(rig.token().token.id);
    REQUIRE(revoked);
    CHECK(*revoked == session::RevokedTokens::Revoked{"b", 1'767'225'600});
    const std::string secret(rig.parts.given.tokens.front().secret.reveal());
    CHECK(rig.parts.connect_access.decide({"db", secret}, runtime::test::loopback(), Clock::now()).status == 403);
    rig.at_b([&](FakeValues& b) { b.remove(key); });
    CHECK(rig.parts.connect_access.decide({"db", secret}, runtime::test::loopback(), Clock::now()).status == 404);
}

TEST_CASE("shared rights: a member that has a token again since its start takes back what it said",
          "[server][cluster]") {
    SharedParts rig;
    const std::string key = "revoked/" + rig.hex();
    on(rig.parts.worker(), [&] { rig.cluster.change(key, directory::ClusterValue{"1", "a", {}}); });
    CHECK(rig.b.all("revoked/").empty());
    CHECK_FALSE(rig.parts.shared->revoked->find(rig.token().token.id));
    // One that it still lacks stays revoked.
    on(rig.parts.worker(), [&] {
        rig.cluster.change("revoked/0123456789abcdef", directory::ClusterValue{"1", "a", {}});
    });
    CHECK(rig.b.all("revoked/").size() == 1);
}

TEST_CASE("shared rights: a token that was looked up is revoked at all members", "[server][cluster][external]") {
    SharedParts rig;
    const login::TokenGrant grant = looked_up("ann");
    const login::TokenId& id = grant.token.id;
    const std::string key = "external/" + to_hex(id);
    CHECK(rig.b.all("external/").empty());
    const auto first = test::put_external(rig.external(), grant, Clock::now());
    rig.at_b([&](FakeValues& b) {
        b.set("external/zz", "1", 1h);
        b.set(key, "1", 1h);
    });
    CHECK(first->is_revoked());
    CHECK_FALSE(rig.external().has(id));

    const auto second = test::put_external(rig.external(), grant, Clock::now());
    rig.at_b([&](FakeValues& b) { b.set(key, "1", 1h); });  // the same one, reported again
    CHECK_FALSE(second->is_revoked());
    rig.at_b([&](FakeValues& b) { b.set(key, "2", 1h); });
    CHECK(second->is_revoked());

    const auto third = test::put_external(rig.external(), grant, Clock::now());
    CHECK(rig.revoke_external(id));
    CHECK(third->is_revoked());
    const auto value = rig.b.get(key);
    REQUIRE(value);
    CHECK(value->member == "a");
    CHECK(value->left == 24h);
    CHECK(value->text != "2");
    CHECK_FALSE(rig.revoke_external(id));
}

TEST_CASE("shared rights: nothing stays counted for a token that was looked up and revoked", "[server][external]") {
    SharedParts rig;
    session::ServerShared& shared = *rig.parts.shared;
    const login::TokenId of_table = rig.token().token.id;
    const login::TokenId first = looked_up("ann").token.id;
    const login::TokenGrant grant = looked_up("bob");
    const login::TokenId& second = grant.token.id;
    for (const login::TokenId& token : {of_table, first, second}) {
        shared.secrets->begins(token, "192.0.2.7", std::chrono::system_clock::now());
        (void)shared.token_use->count_visitor(token, {}, Clock::now());
        shared.token_use->set_elsewhere(token, {2, 0});
    }
    auto present = shared.token_use->count_visitor(first, {}, Clock::now());

    CHECK_FALSE(rig.revoke_external(first));
    CHECK_FALSE(shared.secrets->last(first));
    CHECK(shared.token_use->elsewhere(first).services == 0);
    CHECK(shared.token_use->visitors(first) == 1);
    present.reset();

    (void)test::put_external(rig.external(), grant, Clock::now());
    CHECK(rig.revoke_external(second));
    CHECK_FALSE(shared.secrets->last(second));
    CHECK(shared.token_use->elsewhere(second).services == 0);
    CHECK(shared.token_use->own(second).admitted == 0);
    CHECK(shared.token_use->own(first).admitted == 0);  // its visitor has left

    CHECK_FALSE(rig.revoke_external(of_table));  // this does nothing to tokens of the table
    CHECK(shared.secrets->last(of_table));
    CHECK(shared.token_use->elsewhere(of_table).services == 2);
    CHECK(shared.token_use->own(of_table).admitted == 1);
}

}  // namespace ferrotunnel::detail
