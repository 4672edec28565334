// The tokens of a server's settings and those of its cluster in one table: which of them is in force.
#include "api/token_table.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/api/shared_tokens_parts.hpp"

namespace ferrotunnel::detail {
namespace {

using test::eventually;
using Names = TokenParts::Names;

NamedToken token_called(const std::string& name) {
    return {Secret::generate(), name};
}

}  // namespace

TEST_CASE("token table: shared tokens are in force beside those of the settings", "[server][cluster]") {
    TokenParts rig;
    const Secret& own = rig.parts.given.tokens.front().secret;
    const NamedToken ann = token_called("ann");
    rig.table().set_shared({ann});
    CHECK(rig.names() == Names{"ann"});
    CHECK(rig.name_by(ann.secret) == "ann");
    CHECK(rig.name_by(own) == "one");
    CHECK(rig.is_admitted(ann.secret));
    CHECK(rig.is_admitted(own));
    rig.table().set_shared({});
    CHECK(rig.names().empty());
    CHECK(eventually([&] { return rig.parts.sessions.all().size() == 1; }));
    CHECK(rig.name_by(own) == "one");
}

TEST_CASE("token table: the same shared tokens again change nothing", "[server][cluster]") {
    TokenParts rig;
    const NamedToken ann = token_called("ann");
    rig.table().set_shared({ann});
    const login::AcceptedTokens before = rig.parts.shared->tokens.get();
    rig.table().set_shared({ann});
    CHECK(rig.parts.shared->tokens.get() == before);
}

TEST_CASE("token table: a name that the settings have, too, is theirs", "[server][cluster]") {
    TokenParts rig;
    const NamedToken shared = token_called("ann");
    const NamedToken own = token_called("ann");
    rig.table().set_shared({shared, token_called("bob")});
    REQUIRE(rig.is_admitted(shared.secret));
    REQUIRE(rig.parts.reload.add_token(own).ok());
    CHECK(rig.names() == Names{"bob"});
    CHECK(rig.name_by(own.secret) == "ann");
    CHECK(rig.name_by(shared.secret).empty());
    CHECK(eventually([&] { return rig.parts.sessions.empty(); }));
    CHECK_FALSE(rig.is_admitted(shared.secret));
    CHECK(rig.b.all("revoked/").empty());  // other members accept it

    REQUIRE(rig.parts.reload.remove_token("ann").ok());
    CHECK(rig.names() == Names{"ann", "bob"});
    CHECK(rig.is_admitted(shared.secret));
    CHECK_FALSE(rig.is_admitted(own.secret));
    CHECK(rig.b.all("revoked/").size() == 1);  // that of the settings
}

TEST_CASE("token table: a secret that the settings have, too, is theirs", "[server][cluster]") {
    TokenParts rig;
    NamedToken own = token_called("own");
    own.also = Secret::generate();
    REQUIRE(rig.parts.reload.add_token(own).ok());
    rig.table().set_shared({{own.secret, "ann"}, {own.also, "bob"}, token_called("eve")});
    CHECK(rig.names() == Names{"eve"});
    CHECK(rig.name_by(own.secret) == "own");
    CHECK(rig.name_by(own.also) == "own");
    REQUIRE(rig.is_admitted(own.secret));

    // The token of the cluster continues where that of the settings ends, with its sessions.
    REQUIRE(rig.parts.reload.remove_token("own").ok());
    CHECK(rig.names() == Names{"ann", "bob", "eve"});
    CHECK(rig.name_by(own.secret) == "ann");
    CHECK(rig.name_by(own.also) == "bob");
    CHECK(rig.b.all("revoked/").empty());
    CHECK(rig.is_admitted(own.secret));
}

TEST_CASE("token table: of two shared tokens with one secret the first by name is in force", "[server][cluster]") {
    TokenParts rig;
    const Secret secret = Secret::generate();
    rig.put("bob", TokenParts::value_of(secret));  // at two members that are not linked
    rig.put("ann", TokenParts::value_of(secret));
    CHECK(rig.names() == Names{"ann"});
    CHECK(rig.name_by(secret) == "ann");
    REQUIRE(rig.remove("ann"));
    CHECK(rig.names() == Names{"bob"});
    CHECK(rig.is_admitted(secret));
}

TEST_CASE("token table: a revoked token of the settings is not revived by the same secret in the cluster",
          "[server][cluster]") {
    TokenParts rig;
    const NamedToken own = token_called("own");
    REQUIRE(rig.parts.reload.add_token(own).ok());
    const std::string key = "revoked/" + to_hex(login::parse_token(own.secret.reveal()).value().id);
    rig.on_worker([&] { rig.b.set(key, "1767225600", Duration::zero()); });
    CHECK_FALSE(rig.is_admitted(own.secret));
    rig.table().set_shared({{own.secret, "ann"}});
    CHECK_FALSE(rig.is_admitted(own.secret));
    rig.table().set_shared({});
    CHECK(rig.b.all("revoked/").size() == 1);
}

TEST_CASE("token table: once closed it stays as it is", "[server][cluster]") {
    TokenParts rig;
    const NamedToken ann = token_called("ann");
    rig.table().set_shared({ann});
    const login::AcceptedTokens before = rig.parts.shared->tokens.get();
    rig.table().close();
    rig.table().set_shared({});
    ServerSettings none = plain_server_settings();
    none.tokens.clear();
    rig.table().set_settings(none);
    CHECK(rig.parts.shared->tokens.get() == before);
    CHECK(rig.names() == Names{"ann"});
    CHECK(rig.is_admitted(ann.secret));
}

}  // namespace ferrotunnel::detail
