#include "login/weak_token_policy.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel::login;

TEST_CASE("loopback is told apart from everything else") {
    for (const char* host : {"127.0.0.1", "127.1.2.3", "127.255.255.255", "::1", "[::1]", "localhost", "LocalHost",
                             "::ffff:127.0.0.1", "[::ffff:127.0.0.1]"}) {
        CAPTURE(host);
        CHECK(is_loopback(host));
    }
    for (const char* host : {"",
                             "0.0.0.0",
                             "::",
                             "[::]",
                             "10.0.0.1",
                             "128.0.0.1",
                             "127.0.0.1.example.com",
                             "127.example.com",
                             "localhost.example.com",
                             "127.0.0.256",
                             "127.0.0",
                             "127.0.0.0.1",
                             "127.0.0.01",
                             "127..0.1",
                             "127.0.0.1 ",
                             "::ffff:10.0.0.1",
                             "::ffff:localhost",
                             "::2",
                             "[::1",
                             "tunnel.example.com",
                             "127.0.0.x"}) {
        CAPTURE(host);
        CHECK_FALSE(is_loopback(host));
    }
}

TEST_CASE("weak tokens stay within the machine unless allowed") {
    auto strong = TokenStrength::strong;
    auto weak = TokenStrength::weak;
    auto only = WeakTokenPolicy::loopback_only;
    auto allowed = WeakTokenPolicy::allowed;
    for (auto refusal : {refusal_to_listen, refusal_to_dial}) {
        CHECK_FALSE(refusal(only, strong, "0.0.0.0"));
        CHECK_FALSE(refusal(only, weak, "127.0.0.1"));
        CHECK_FALSE(refusal(allowed, weak, "0.0.0.0"));
        auto text = refusal(only, weak, "192.0.2.7");
        REQUIRE(text);
        CHECK(text->find("192.0.2.7") != std::string::npos);
        CHECK(text->find("`ferrotunnel token`") != std::string::npos);
    }
    CHECK(weak_token_warning().find("`ferrotunnel token`") != std::string::npos);
}
