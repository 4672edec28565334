// Logins whose token is looked up: which proof counts, and that a failed login costs the same whatever the server
// knows.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "login/handshake_client.hpp"
#include "login/handshake_server.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using IfWrong = ServerHandshake::IfWrong;

namespace {

struct LookupLogin {
    test::SeededRandom random{52};
    Token alice = *parse_token(make_token(random));
    Token bob = *parse_token(make_token(random));
    std::vector<AcceptedToken> table;
    bool is_closed = false;

    static std::shared_ptr<const AcceptedToken> accepted(const Token& token) {
        return std::make_shared<const AcceptedToken>(AcceptedToken{"outside", token, {}});
    }
    /// A token with the id of one, and the key of another.
    static Token mixed(const Token& id, const Token& key) { return {key.key, id.id, key.strength}; }

    std::unique_ptr<ServerHandshake> server() {
        ServerHandshake::Settings settings;
        settings.tokens = std::make_shared<const std::vector<AcceptedToken>>(table);
        settings.looks_up = true;
        settings.blocks_weak_tokens = [this] { return is_closed; };
        return std::make_unique<ServerHandshake>(std::move(settings), random);
    }
    /// The server's step after the client's proof.
    Step prove(ServerHandshake& server, const Token& with) {
        ClientHandshake client({.token = with}, random);
        const Step hello = server.receive(client.start());
        const Step auth = client.receive(*hello.send);
        return server.receive(*auth.send);
    }
};

}  // namespace

TEST_CASE("lookup login: an offered token is proved like one of the table", "[lookup]") {
    LookupLogin world;
    const auto server = world.server();
    REQUIRE(world.prove(*server, world.alice).want == Want::token);
    CHECK(server->looks_up());
    CHECK(server->stated_token() == world.alice.id);
    REQUIRE(server->offer(nullptr, IfWrong::offer_another).want == Want::token);
    REQUIRE(server->offer(LookupLogin::accepted(world.alice), IfWrong::refuse).want == Want::decision);
    CHECK_FALSE(server->looks_up());
    CHECK(server->token().name == "outside");
    CHECK(server->secret() == world.alice.id);
    CHECK(server->welcome("s1").want == Want::nothing);
}

TEST_CASE("lookup login: a token of the table is not looked up", "[lookup]") {
    LookupLogin world;
    world.table = {{"table", world.alice, {}}};
    const auto server = world.server();
    CHECK(world.prove(*server, world.alice).want == Want::decision);
    CHECK(server->proofs() == 1);
}

TEST_CASE("lookup login: every failed login computes as many proofs, and gets the same answer", "[lookup]") {
    LookupLogin world;
    const Token wrong = LookupLogin::mixed(world.alice, world.bob);  // states alice's id
    const auto alice = LookupLogin::accepted(world.alice);
    world.is_closed = GENERATE(false, true);
    std::vector<Step> answers;
    const auto fail = [&](const std::shared_ptr<const AcceptedToken>& lent,
                          const std::shared_ptr<const AcceptedToken>& answer) {
        const auto server = world.server();
        REQUIRE(world.prove(*server, wrong).want == Want::token);
        REQUIRE(server->offer(lent, IfWrong::offer_another).want == Want::token);
        answers.push_back(server->offer(answer, IfWrong::refuse));
        REQUIRE(answers.back().want == Want::close);
        CHECK(server->proofs() == 3);
        CHECK(server->wrong_token().has_value() == !world.is_closed);
    };
    fail(nullptr, nullptr);  // nobody knows the id
    fail(nullptr, alice);    // the source does
    fail(alice, alice);      // the cache does, too
    fail(alice, nullptr);    // the cache only
    world.table = {{"alice", world.alice, {}}};
    fail(nullptr, nullptr);  // the table does
    for (const Step& answer : answers) {
        CHECK(answer.send == answers.front().send);
    }
}

TEST_CASE("lookup login: where nothing could be looked up, the client is to try again", "[lookup]") {
    LookupLogin world;
    const Token wrong = LookupLogin::mixed(world.alice, world.bob);
    for (const auto& stale : {std::shared_ptr<const AcceptedToken>(), LookupLogin::accepted(world.alice)}) {
        const auto server = world.server();
        REQUIRE(world.prove(*server, wrong).want == Want::token);
        REQUIRE(server->offer(stale, IfWrong::try_later).want == Want::close);
        CHECK(server->failure().code == wire::Code::busy);
        CHECK(server->wrong_token() == world.alice.id);  // it was none of the table's
    }
    const auto server = world.server();
    REQUIRE(world.prove(*server, world.alice).want == Want::token);
    CHECK(server->offer(LookupLogin::accepted(world.alice), IfWrong::try_later).want == Want::decision);
    CHECK_FALSE(server->wrong_token());
}

TEST_CASE("lookup login: a token counts as wrong until it is proved, also of a client that leaves", "[lookup]") {
    LookupLogin world;
    const auto server = world.server();
    REQUIRE(world.prove(*server, world.alice).want == Want::token);
    CHECK(server->wrong_token() == world.alice.id);
    REQUIRE(server->offer(LookupLogin::accepted(world.alice), IfWrong::refuse).want == Want::decision);
    CHECK_FALSE(server->wrong_token());
    world.is_closed = true;  // then none is tried
    const auto closed = world.server();
    REQUIRE(world.prove(*closed, world.alice).want == Want::token);
    CHECK_FALSE(closed->wrong_token());
}

TEST_CASE("lookup login: an offered token with another id is not the client's", "[lookup]") {
    LookupLogin world;
    const auto server = world.server();
    REQUIRE(world.prove(*server, LookupLogin::mixed(world.bob, world.alice)).want == Want::token);
    CHECK(server->offer(LookupLogin::accepted(world.alice), IfWrong::refuse).want == Want::close);
    CHECK(server->failure().code == wire::Code::unauthorized);
}

TEST_CASE("lookup login: a closed network's weak tokens are not considered", "[lookup]") {
    LookupLogin world;
    world.is_closed = true;
    const Token weak = *parse_token("hunter2 hunter2");
    const auto server = world.server();
    REQUIRE(world.prove(*server, weak).want == Want::token);
    CHECK(server->offer(LookupLogin::accepted(weak), IfWrong::refuse).want == Want::close);
    CHECK(server->failure().code == wire::Code::busy);
    const auto strong = world.server();
    REQUIRE(world.prove(*strong, world.alice).want == Want::token);
    CHECK(strong->offer(LookupLogin::accepted(world.alice), IfWrong::refuse).want == Want::decision);
}

TEST_CASE("lookup login: a client that speaks while its token is looked up is refused", "[lookup]") {
    LookupLogin world;
    const auto server = world.server();
    REQUIRE(world.prove(*server, world.alice).want == Want::token);
    const wire::ControlPayload payload = wire::encode_control(wire::Auth{});
    CHECK(server->receive(payload).want == Want::close);
    CHECK_FALSE(server->looks_up());
}
