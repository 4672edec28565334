#include "directory/claim_store.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "runtime/system_random.hpp"
#include "support/eventually.hpp"
#include "support/recording_logger.hpp"
#include "unit/directory/idle_carrier.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;
using directory::test::IdleCarrier;
using ferrotunnel::test::eventually;
using ferrotunnel::test::RecordingLogger;
using transport::test::TemporaryDirectory;

namespace {

/// What a server has for claims during one of its lives.
struct Life {
    Life(const std::filesystem::path& directory, AcceptedTokens tokens, Duration settle = 1ms, Duration pause = 1ms)
        : keeper({directory, settle, pause}, registry, http, tokens, log) {}

    std::shared_ptr<HttpService> join(const TokenId& token, std::uint32_t id, const std::string& host) {
        HttpDescription description;
        REQUIRE_FALSE(read_http_part({{host}, ""}, description));
        Refusal why;
        return http->join({token, {1}}, id, description, carrier, Clock::now(), why).service;
    }

    RecordingLogger log;
    std::shared_ptr<Registry> registry = std::make_shared<Registry>();
    std::shared_ptr<HttpDirectory> http = std::make_shared<HttpDirectory>();
    std::shared_ptr<HttpCarrier> carrier = std::make_shared<IdleCarrier>();
    ClaimStore keeper;
};

AcceptedTokens two_tokens() {
    auto tokens = std::make_shared<std::vector<AcceptedToken>>();
    for (const char* name : {"one", "two"}) {
        tokens->push_back({name, parse_token(make_token(runtime::system_random())).value(), {}});
    }
    return tokens;
}

HttpMatch::Kind kind_of(const Life& life, const char* host) {
    return life.http->routes()->find(host, "/", Clock::now()).kind;
}

}  // namespace

TEST_CASE("claims are written down a little after a change, and known in the next life", "[claims]") {
    TemporaryDirectory folder;
    const AcceptedTokens tokens = two_tokens();
    const TokenId one = tokens->front().token.id;
    {
        Life life(folder.path(), tokens);
        REQUIRE(life.join(one, 1, "a.example"));
        // The server is still alive: what is read now is what would be there after a kill.
        CHECK(eventually([&] { return ClaimFile(folder.path()).read().hosts.size() == 1; }));
        REQUIRE(life.join(tokens->back().token.id, 2, "b.example"));
    }
    Life next(folder.path(), tokens);
    CHECK(kind_of(next, "a.example") == HttpMatch::Kind::offline);
    CHECK(kind_of(next, "b.example") == HttpMatch::Kind::offline);  // written at the orderly end
    CHECK(kind_of(next, "c.example") == HttpMatch::Kind::unknown_host);
    CHECK(next.log.count("saved claims were read hosts=2 ports=0") == 1);
}

TEST_CASE("what belonged to a token that the server has no more is free", "[claims]") {
    TemporaryDirectory folder;
    const AcceptedTokens tokens = two_tokens();
    {
        Life life(folder.path(), tokens);
        REQUIRE(life.join(tokens->front().token.id, 1, "a.example"));
        REQUIRE(life.join(tokens->back().token.id, 2, "b.example"));
    }
    Life next(folder.path(), std::make_shared<std::vector<AcceptedToken>>(1, tokens->back()));
    CHECK(kind_of(next, "a.example") == HttpMatch::Kind::unknown_host);
    CHECK(kind_of(next, "b.example") == HttpMatch::Kind::offline);
}

TEST_CASE("a storm of changes is written once, and what comes after the end is not", "[claims]") {
    TemporaryDirectory folder;
    const AcceptedTokens tokens = two_tokens();
    Life life(folder.path(), tokens, 1h, 1h);
    for (std::uint32_t id = 1; id <= 1'000; ++id) {
        REQUIRE(life.join(tokens->front().token.id, id, "h" + std::to_string(id) + ".example"));
    }
    CHECK_FALSE(std::filesystem::exists(folder.path() / "claims"));
    life.keeper.finish();
    CHECK(ClaimFile(folder.path()).read().hosts.size() == 1'000);
    REQUIRE(life.join(tokens->front().token.id, 1'001, "late.example"));
    life.keeper.finish();
    CHECK(ClaimFile(folder.path()).read().hosts.size() == 1'000);
}

TEST_CASE("where another server has the file, or its lock cannot be had, that is told once", "[claims]") {
    TemporaryDirectory folder;
    const AcceptedTokens tokens = two_tokens();
    const bool taken = GENERATE(true, false);
    ClaimFile other(folder.path());
    if (taken) {
        REQUIRE(other.own());
    } else {
        std::filesystem::create_directory(folder.path() / "claims.lock");
    }
    Life life(folder.path(), tokens);
    for (std::uint32_t id = 1; id <= 3; ++id) {
        REQUIRE(life.join(tokens->front().token.id, id, "h" + std::to_string(id) + ".example"));
        REQUIRE(eventually([&] { return life.log.count(taken ? "another server" : "claims.lock") == 1; }));
    }
    life.keeper.finish();
    CHECK(life.log.count("claims cannot be saved") == 1);
    CHECK(other.read() == ClaimRecord{});
}

TEST_CASE("a directory that cannot be written is told once", "[claims]") {
    TemporaryDirectory folder;
    const AcceptedTokens tokens = two_tokens();
    std::filesystem::create_directory(folder.path() / "claims");  // in the file's place
    Life life(folder.path(), tokens);
    for (std::uint32_t id = 1; id <= 3; ++id) {
        REQUIRE(life.join(tokens->front().token.id, id, "h" + std::to_string(id) + ".example"));
        REQUIRE(eventually([&] { return life.log.count("claims cannot be saved") == 1; }));
    }
    life.keeper.finish();
    CHECK(life.log.count("claims cannot be saved") == 1);
}
