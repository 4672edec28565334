#include "login/token_store.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::login;

namespace {

AcceptedToken named_token(const std::string& name, const std::string& secret) {
    return {name, *parse_token(secret), PortPolicy()};
}

}  // namespace

TEST_CASE("token book: tokens are found by both secrets, by what they are known as, and by name") {
    std::vector<AcceptedToken> tokens;
    for (int i = 0; i < 500; ++i) {
        tokens.push_back(named_token("t" + std::to_string(i), "secret " + std::to_string(i)));
    }
    tokens[7].also = *parse_token("another secret");
    tokens[9].known_as = parse_token("an old secret")->id;
    TokenStore book;
    CHECK(book.named("t1") == nullptr);
    book = std::make_shared<const std::vector<AcceptedToken>>(tokens);
    CHECK(book.any_weak());
    for (const AcceptedToken& one : tokens) {
        REQUIRE(book.find(one.token.id) != nullptr);
        CHECK(book.find(one.token.id)->name == one.name);
        REQUIRE(book.named(one.name) != nullptr);
        CHECK(book.named(one.name)->token.id == one.token.id);
        REQUIRE(book.known_as(one.id()) != nullptr);
        CHECK(book.known_as(one.id())->name == one.name);
    }
    CHECK(book.find(tokens[7].also->id)->name == "t7");
    CHECK(book.find(*tokens[9].known_as) == nullptr);
    CHECK(book.known_as(tokens[9].token.id) == nullptr);
    CHECK(book.find(parse_token("unknown")->id) == nullptr);
    CHECK(book.named("t500") == nullptr);
    CHECK(book.named("") == nullptr);

    AcceptedToken alike = tokens[7];
    alike.token.key = parse_token("somebody else's, with the same id")->key;
    CHECK_FALSE(alike.has_secret(tokens[7].token.key));
    CHECK(alike.has_secret(alike.token.key));
    CHECK(alike.has_secret(tokens[7].also->key));

    const auto kept = book.named("t3");
    book = std::make_shared<const std::vector<AcceptedToken>>(1, tokens[5]);
    CHECK(kept->name == "t3");  // lives on
    CHECK(book.named("t3") == nullptr);
    CHECK(book.named("t5") != nullptr);
}
