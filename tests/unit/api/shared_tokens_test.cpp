// Tokens that all members of a cluster have in common: added, changed and removed at one of them.
#include "api/shared_tokens.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "unit/api/shared_tokens_parts.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::Json;
using test::eventually;
using Names = TokenParts::Names;
using Outcome = TokenParts::Outcome;

std::string refusal_of(const Outcome& outcome) {
    if (outcome) {
        return "";
    }
    const Json& error = outcome.error().body.at("error");
    return std::to_string(outcome.error().status) + ' ' + error.at("code").get<std::string>() + ": " +
           error.at("message").get<std::string>();
}

const Secret& no_secret() {
    static const Secret none;
    return none;
}

}  // namespace

TEST_CASE("shared tokens: a token that is added is accepted by its generated secret", "[server][cluster]") {
    TokenParts rig;
    const Outcome added = rig.add("ann", no_secret());
    REQUIRE(added);
    CHECK(added->key == "token/ann");
    CHECK(added->answer.at("added") == "ann");
    const Secret secret = Secret::from_string(added->answer.at("secret").get<std::string>());
    CHECK(secret.is_strong());
    CHECK(rig.names() == Names{"ann"});
    CHECK(rig.name_by(secret) == "ann");
    CHECK(rig.is_admitted(secret));
    const auto value = rig.b.get("token/ann");
    REQUIRE(value);
    CHECK(value->member == "a");
    CHECK(value->left == Duration::zero());
}

TEST_CASE("shared tokens: a given secret is not repeated in the answer", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    const Outcome added = rig.add("ann", secret, Json{{"services", 2}});
    REQUIRE(added);
    CHECK(added->answer == Json{{"added", "ann"}});
    CHECK(rig.name_by(secret) == "ann");
    CHECK(rig.parts.shared->tokens.named("ann")->rights->services == 2U);
}

TEST_CASE("shared tokens: changed rights are those of the same token and its sessions", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    REQUIRE(rig.add("ann", secret, Json{{"services", 1}}));
    REQUIRE(rig.is_admitted(secret));
    const auto id = rig.parts.shared->tokens.named("ann")->id();
    const Outcome changed = rig.set_rights("ann", Json{{"services", 3}});
    REQUIRE(changed);
    CHECK(changed->key == "token/ann");
    CHECK(changed->answer == Json{{"changed", "ann"}});
    CHECK(rig.name_by(secret) == "ann");
    const auto token = rig.parts.shared->tokens.named("ann");
    CHECK(token->rights->services == 3U);
    CHECK(token->id() == id);
    CHECK(rig.parts.sessions.all().size() == 1);
    REQUIRE(rig.set_rights("ann", Json{{"from", {"192.0.2.0/24"}}}));
    CHECK(eventually([&] { return rig.parts.sessions.empty(); }));
}

TEST_CASE("shared tokens: a removed one is refused, and may be added again", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    REQUIRE(rig.add("ann", secret));
    REQUIRE(rig.is_admitted(secret));
    const Outcome removed = rig.remove("ann");
    REQUIRE(removed);
    CHECK(removed->key == "token/ann");
    CHECK(removed->answer == Json{{"removed", "ann"}});
    CHECK(rig.names().empty());
    CHECK(eventually([&] { return rig.parts.sessions.empty(); }));
    CHECK_FALSE(rig.is_admitted(secret));
    CHECK(rig.b.all("revoked/").empty());  // all members hear of the removal itself
    CHECK(refusal_of(rig.remove("ann")).starts_with("404 not_found: No token of the cluster has the name \"ann\""));
    REQUIRE(rig.add("ann", secret));
    CHECK(rig.is_admitted(secret));
}

TEST_CASE("shared tokens: one that settings have had, and that was revoked, is accepted when it is added",
          "[server][cluster]") {
    TokenParts rig;
    const NamedToken moved{Secret::generate(), "moved"};
    REQUIRE(rig.parts.reload.add_token(moved).ok());
    REQUIRE(rig.parts.reload.remove_token("moved").ok());
    REQUIRE(rig.b.all("revoked/").size() == 1);
    REQUIRE(rig.add("moved", moved.secret));
    CHECK(rig.b.all("revoked/").empty());
    CHECK(rig.is_admitted(moved.secret));
}

TEST_CASE("shared tokens: what another member adds, changes and removes holds here", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    rig.put("bob", TokenParts::value_of(secret, Json{{"services", 1}}));
    CHECK(rig.names() == Names{"bob"});
    CHECK(rig.is_admitted(secret));
    rig.put("bob", TokenParts::value_of(secret, Json{{"services", 2}}));
    CHECK(rig.name_by(secret) == "bob");
    CHECK(rig.parts.shared->tokens.named("bob")->rights->services == 2U);
    REQUIRE(rig.set_rights("bob", Json::object()));  // here, too
    CHECK(rig.b.get("token/bob")->text == TokenParts::value_of(secret));
    rig.on_worker([&] { rig.b.remove("token/bob"); });
    CHECK(rig.names().empty());
    CHECK(eventually([&] { return rig.parts.sessions.empty(); }));
}

TEST_CASE("shared tokens: a name or a secret that is taken is refused", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    REQUIRE(rig.add("ann", secret));
    REQUIRE(rig.names() == Names{"ann"});
    const auto before = rig.b.all("");
    const std::string same_name = "409 exists: There is a token with the name ";
    const std::string same_secret = "409 exists: Another token has this secret already.";
    CHECK(refusal_of(rig.add("ann", no_secret())) == same_name + "\"ann\" already.");
    CHECK(refusal_of(rig.add("one", no_secret())) == same_name + "\"one\" already.");
    CHECK(refusal_of(rig.add("bob", secret)) == same_secret);
    CHECK(refusal_of(rig.add("bob", rig.parts.given.tokens.front().secret)) == same_secret);
    CHECK(refusal_of(rig.add("bob", Secret::from_string("password"))).starts_with("400 invalid: `secret` is not"));
    CHECK(rig.b.all("").size() == before.size());
    CHECK(rig.names() == Names{"ann"});
}

TEST_CASE("shared tokens: a secret is taken before the table of tokens has it", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    rig.on_worker([&] {  // within one turn, as two requests that follow each other closely
        const std::string text(secret.reveal());
        CHECK(rig.tokens().add({"ann", text}));
        CHECK(refusal_of(rig.tokens().add({"bob", text})) == "409 exists: Another token has this secret already.");
        CHECK(refusal_of(rig.tokens().add({"ann", ""})).starts_with("409 exists: "));
    });
    CHECK(rig.names() == Names{"ann"});
}

TEST_CASE("shared tokens: invalid names and rights are refused", "[server][cluster]") {
    TokenParts rig;
    REQUIRE(rig.add("ann", no_secret()));
    const int sets = rig.values->sets;
    const std::string wrong_name = "400 invalid: `name` must be 1 to 200 printable characters.";
    CHECK(refusal_of(rig.add("", no_secret())) == wrong_name);
    CHECK(refusal_of(rig.add("a\nb", no_secret())) == wrong_name);
    CHECK(refusal_of(rig.add(std::string(201, 'x'), no_secret())) == wrong_name);
    CHECK(refusal_of(rig.add("bob", no_secret(), Json{{"wings", 2}})).starts_with("400 invalid: `rights`: "));
    CHECK(refusal_of(rig.add("bob", no_secret(), Json{{"services", -1}})).starts_with("400 invalid: `rights`: "));
    CHECK(refusal_of(rig.set_rights("ann", Json{{"services", "many"}})).starts_with("400 invalid: `rights`: "));
    CHECK(refusal_of(rig.set_rights("one", Json::object())).starts_with("404 not_found: "));
    CHECK(refusal_of(rig.remove("one")).starts_with("404 not_found: "));
    CHECK(rig.values->sets == sets);
    CHECK(rig.names() == Names{"ann"});
    CHECK(rig.add(std::string(200, 'x'), no_secret()));
}

TEST_CASE("shared tokens: without room nothing changes", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    REQUIRE(rig.add("ann", secret, Json{{"services", 1}}));
    std::vector<std::string> hosts;
    for (int i = 0; i < 100; ++i) {
        hosts.push_back(std::string(60, 'x') + '.' + std::string(60, 'y') + std::to_string(i) + ".example.com");
    }
    const std::string too_many = "409 too_many: ";
    CHECK(refusal_of(rig.set_rights("ann", Json{{"hosts", hosts}})).starts_with(too_many));
    rig.values->is_full = true;
    CHECK(refusal_of(rig.add("bob", no_secret())).starts_with(too_many));
    CHECK(refusal_of(rig.set_rights("ann", Json{{"services", 2}})).starts_with(too_many));
    CHECK(refusal_of(rig.remove("ann")).starts_with(too_many));
    CHECK(rig.names() == Names{"ann"});
    CHECK(rig.parts.shared->tokens.named("ann")->rights->services == 1U);
    CHECK(rig.is_admitted(secret));
}

TEST_CASE("shared tokens: a value that is not a token is left out, and no other one", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    REQUIRE(rig.add("ann", secret));
    const std::string good = TokenParts::value_of(Secret::generate());
    rig.put("bad1", "");
    rig.put("bad2", "[]");
    rig.put("bad3", R"({"rights": {}})");
    rig.put("bad4", R"({"secret": 5, "rights": {}})");
    rig.put("bad5", R"({"secret": "password", "rights": {}})");
    rig.put("bad6", TokenParts::value_of(Secret::generate(), Json{{"wings", 2}}));  // of a later version
    rig.put("bad7", TokenParts::value_of(Secret::generate(), Json::array()));
    rig.put("bad8", good.substr(0, good.size() - 1));
    rig.put(std::string(201, 'x'), good);
    rig.put("", good);
    rig.put("good", good);
    CHECK(rig.names() == Names{"ann", "good"});
    CHECK(refusal_of(rig.set_rights("bad6", Json::object())).starts_with("404 not_found: "));
    CHECK(refusal_of(rig.add("bad6", no_secret())).starts_with("409 exists: "));
    CHECK(rig.remove("bad6"));

    rig.put("ann", "x");
    CHECK(rig.names() == Names{"good"});
    CHECK_FALSE(rig.is_admitted(secret));
    rig.put("ann", TokenParts::value_of(secret));
    CHECK(rig.names() == Names{"ann", "good"});
    CHECK(rig.is_admitted(secret));
}

TEST_CASE("shared tokens: those that are known before the start are in force when they are read", "[server][cluster]") {
    directory::test::FakeCluster cluster;
    directory::test::FakeValues b(cluster, "b");
    const Secret secret = Secret::generate();
    b.set("token/ann", TokenParts::value_of(secret), Duration::zero());
    ServerParts parts;
    parts.shared->values = std::make_shared<directory::test::FakeValues>(cluster, "a");
    runtime::test::on(parts.worker(), [&] { parts.reload.shared_tokens().read(); });
    CHECK(parts.reload.tokens().shared_names() == Names{"ann"});
}

}  // namespace ferrotunnel::detail
