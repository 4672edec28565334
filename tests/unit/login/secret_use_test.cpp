// When secrets were last used: as many are known as are accepted.
#include "login/secret_use.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

TEST_CASE("secrets: in use while somebody is connected with one, and then last used") {
    const std::chrono::system_clock::time_point now{1'000'000s};
    const TokenId fresh{1};
    const TokenId old{2};
    SecretUse use;
    CHECK_FALSE(use.last(old));
    use.begins(old, "192.0.2.1:1", now);
    use.begins(old, "192.0.2.2:2", now + 1s);
    CHECK(use.last(old) == SecretUse::Last{now + 1s, "192.0.2.2:2", 2});
    CHECK_FALSE(use.last(fresh));
    use.ends(old, now + 5s);
    use.ends(old, now + 9s);
    CHECK(use.last(old) == SecretUse::Last{now + 9s, "192.0.2.2:2", 0});
    use.ends(old, now + 20s);  // of none
    CHECK(use.last(old)->connections == 0);
}

TEST_CASE("secrets: what is not accepted any more is forgotten, however many there were") {
    SecretUse use;
    for (std::uint8_t i = 0; i < 200; ++i) {
        use.begins(TokenId{i}, "a", {});
    }
    use.forget([](const TokenId& secret) { return secret[0] < 2; });
    CHECK(use.last(TokenId{1}));
    CHECK_FALSE(use.last(TokenId{2}));
    use.ends(TokenId{2}, {});  // the connection that it was forgotten with ends
    CHECK_FALSE(use.last(TokenId{2}));
}
