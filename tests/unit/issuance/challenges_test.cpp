#include "issuance/challenges.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "issuance/limits.hpp"
#include "support/temporary_folder.hpp"

namespace ferrotunnel::issuance {
namespace {

acme::Challenge challenge_of(acme::Way way, const std::string& token = "token-1_A") {
    acme::Challenge challenge;
    challenge.way = way;
    challenge.identifier = {acme::Identifier::Type::dns, "a.example.test"};
    challenge.token = token;
    challenge.key_authorization = token + ".thumbprint";
    return challenge;
}

TEST_CASE("an answer is there from publishing to withdrawing, in this process and in others", "[issuance]") {
    const test::TemporaryFolder folder;
    Challenges own(folder.path());
    const Challenges other(folder.path());
    const acme::Challenge http = challenge_of(acme::Way::http_01);
    CHECK_FALSE(own.http_answer(http.token));
    REQUIRE(own.publish(http).empty());
    CHECK(own.http_answer(http.token) == http.key_authorization);
    CHECK(other.http_answer(http.token) == http.key_authorization);
    own.withdraw(http);
    CHECK_FALSE(own.http_answer(http.token));
    CHECK_FALSE(other.http_answer(http.token));
}

TEST_CASE("a handshake for TLS-ALPN-01 finds its certificate by the server name", "[issuance]") {
    const test::TemporaryFolder folder;
    Challenges own(folder.path());
    const Challenges other(folder.path());
    const acme::Challenge alpn = challenge_of(acme::Way::tls_alpn_01);
    REQUIRE(own.publish(alpn).empty());
    const auto answer = own.alpn_answer("a.example.test");
    REQUIRE(answer);
    CHECK_THAT(*answer, Catch::Contains("PRIVATE KEY") && Catch::Contains("BEGIN CERTIFICATE"));
    CHECK(other.alpn_answer("a.example.test") == answer);
    CHECK_FALSE(own.alpn_answer("b.example.test"));
    CHECK_FALSE(own.http_answer("token-1_A"));
    own.withdraw(alpn);
    CHECK_FALSE(other.alpn_answer("a.example.test"));

    acme::Challenge address = alpn;
    address.identifier = {acme::Identifier::Type::ip, "127.0.0.1"};
    REQUIRE(own.publish(address).empty());
    CHECK(own.alpn_answer("1.0.0.127.in-addr.arpa"));
    own.withdraw(address);
}

TEST_CASE("hostile tokens and server names lead to no file", "[issuance]") {
    const test::TemporaryFolder folder;
    std::filesystem::create_directory(folder / "challenges");
    std::ofstream(folder / "secret") << "secret";
    std::ofstream(folder / "secret.pem") << "secret";
    std::ofstream(folder / "challenges/host.example.test.pem") << "key";
    const Challenges challenges(folder / "challenges");
    for (const std::string& token : {std::string("../secret"), std::string(".."), std::string("."), std::string(),
                                     std::string("a/b"), std::string("%2e%2e%2fsecret"), std::string(129, 'a'),
                                     std::string("host.example.test.pem"), std::string("a\0b", 3)}) {
        CHECK_FALSE(challenges.http_answer(token));
    }
    for (const std::string& name :
         {std::string("../secret"), std::string("..secret"), std::string(), std::string("HOST.example.test"),
          std::string("host.example.test."), std::string(300, 'a'), std::string("/etc/passwd")}) {
        CHECK_FALSE(challenges.alpn_answer(name));
    }
    CHECK(challenges.alpn_answer("host.example.test") == "key");
}

TEST_CASE("a token of a CA that is not one is not published", "[issuance]") {
    const test::TemporaryFolder folder;
    Challenges challenges(folder.path());
    for (const std::string& token : {std::string("../x"), std::string(), std::string(129, 'a')}) {
        CHECK_THAT(challenges.publish(challenge_of(acme::Way::http_01, token)), Catch::Contains("token"));
    }
    const std::string longest(128, 'a');
    CHECK(challenges.publish(challenge_of(acme::Way::http_01, longest)).empty());
    CHECK(challenges.http_answer(longest));
}

TEST_CASE("answers in the folder are short files", "[issuance]") {
    const test::TemporaryFolder folder;
    const Challenges challenges(folder.path());
    std::ofstream(folder / "short") << std::string(limits::challenge_max, 'x');
    std::ofstream(folder / "long") << std::string(limits::challenge_max + 1, 'x');
    std::filesystem::create_symlink(folder / "short", folder / "link");
    CHECK(challenges.http_answer("short"));
    CHECK_FALSE(challenges.http_answer("long"));
    CHECK_FALSE(challenges.http_answer("link"));
}

TEST_CASE("an answer that cannot be written is a fault, and not there", "[issuance]") {
    const test::TemporaryFolder folder;
    Challenges challenges(folder / "none");
    CHECK_THAT(challenges.publish(challenge_of(acme::Way::http_01)), Catch::Contains(folder / "none"));
    CHECK_FALSE(challenges.http_answer("token-1_A"));
}

}  // namespace
}  // namespace ferrotunnel::issuance
