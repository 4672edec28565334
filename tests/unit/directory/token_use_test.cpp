#include "directory/token_use.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::directory;
using namespace std::chrono_literals;

namespace {

constexpr login::TokenId token{1};
constexpr ClientId token_client{token, {1}};
constexpr ClientId twin{token, {2}};
constexpr ClientId other_token_client{{2}, {1}};
constexpr TimePoint begin{1h};

login::Rights of_services(std::uint64_t most) {
    login::Rights rights;
    rights.services = most;
    return rights;
}

}  // namespace

TEST_CASE("the services of a token are counted over its clients, each once, until its last trunk lets it go",
          "[rights]") {
    TokenUse use;
    const login::Rights rights = of_services(2);
    auto one = use.count_service(token_client, 1, rights);
    auto on_other_trunk = use.count_service(token_client, 1, rights);
    auto two = use.count_service(twin, 1, rights);
    REQUIRE((one && on_other_trunk && two));
    CHECK(use.services(token) == 2);
    CHECK_FALSE(use.count_service(twin, 2, rights));
    CHECK(use.count_service(other_token_client, 2, rights));
    one.reset();
    CHECK(use.services(token) == 2);
    CHECK_FALSE(use.count_service(twin, 2, rights));
    on_other_trunk.reset();
    CHECK(use.services(token) == 1);
    auto three = use.count_service(twin, 2, rights);
    CHECK(three);
    two.reset();
    three.reset();
    CHECK(use.services(token) == 0);
}

TEST_CASE("as many visitors at a time as the token may have, and not one more", "[rights]") {
    TokenUse use;
    login::Rights rights;
    rights.visitors = 3;
    std::vector<TokenUse::Counted> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(use.count_visitor(token, rights, begin));
        REQUIRE(all.back());
    }
    CHECK_FALSE(use.count_visitor(token, rights, begin));
    CHECK(use.refused(token, VisitorQuota::visitors) == 1);
    CHECK(use.count_visitor(other_token_client.first, rights, begin));
    all.pop_back();
    CHECK(use.visitors(token) == 2);
    CHECK(use.count_visitor(token, rights, begin));
}

TEST_CASE("new visitors come at a rate, as many at once as in a second, and at least one", "[rights]") {
    TokenUse use;
    login::Rights rights;
    rights.visitors_per_second = 3;
    const auto come = [&](TimePoint now) { return use.count_visitor(token, rights, now) != nullptr; };
    CHECK((come(begin) && come(begin) && come(begin)));
    CHECK_FALSE(come(begin));
    CHECK_FALSE(come(begin + 333ms));
    CHECK(come(begin + 334ms));
    CHECK_FALSE(come(begin + 334ms));
    CHECK((come(begin + 1h) && come(begin + 1h) && come(begin + 1h)));
    CHECK_FALSE(come(begin + 1h));

    rights.visitors_per_second = 0.001;
    CHECK(use.count_visitor(other_token_client.first, rights, begin));
    VisitorQuota reached{};
    CHECK_FALSE(use.count_visitor(other_token_client.first, rights, begin + 999s, &reached));
    CHECK(reached == VisitorQuota::visitors_per_second);
    CHECK(use.refused(other_token_client.first, VisitorQuota::visitors_per_second) == 1);
    CHECK(use.refused(other_token_client.first, VisitorQuota::visitors) == 0);
    CHECK(use.refused(token, VisitorQuota::visitors_per_second) == 4);
    CHECK(use.count_visitor(other_token_client.first, rights, begin + 1001s));
}

TEST_CASE("what was counted may outlive the counter, and threads count exactly", "[rights]") {
    TokenUse::Counted last;
    {
        TokenUse use;
        const login::Rights rights = of_services(1'000'000);
        std::vector<std::thread> threads;
        for (std::uint32_t thread = 0; thread < 4; ++thread) {
            threads.emplace_back([&use, &rights, thread] {
                for (std::uint32_t round = 0; round < 1'000; ++round) {
                    auto shared = use.count_service(token_client, 7, rights);
                    auto own = use.count_service(twin, thread, rights);
                    auto visitor = use.count_visitor(token, {}, begin);
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        CHECK(use.services(token) == 0);
        CHECK(use.visitors(token) == 0);
        last = use.count_visitor(token, {}, begin);
    }
    last.reset();
}
