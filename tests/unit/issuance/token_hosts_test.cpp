#include "issuance/token_hosts.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "issuance/limits.hpp"

using namespace ferrotunnel::issuance;

TEST_CASE("hosts of tokens: a share per token, and a whole", "[issuance]") {
    TokenHosts hosts({3, 2});
    CHECK(hosts.add("a", "one"));
    CHECK(hosts.add("b", "one"));
    CHECK(hosts.add("b", "one"));
    CHECK_FALSE(hosts.has_room("one"));
    CHECK_FALSE(hosts.add("c", "one"));
    CHECK(hosts.add("c", "two"));
    CHECK(hosts.has_room("two"));
    CHECK_FALSE(hosts.add("d", "two"));  // the whole is full
    hosts.remove("a");
    hosts.remove("a");
    CHECK(hosts.has_room("one"));
    CHECK(hosts.add("d", "two"));
    CHECK(hosts.size() == 3);
}

TEST_CASE("hosts of tokens: a host moves to the token that offers it now, if that has room", "[issuance]") {
    TokenHosts hosts({2, 1});
    CHECK(hosts.add("a", "one"));
    CHECK(hosts.add("a", "two"));  // also if the whole is full
    CHECK(hosts.token_of("a") == "two");
    CHECK(hosts.add("b", "one"));
    CHECK_FALSE(hosts.add("b", "two"));
    CHECK(hosts.token_of("b") == "one");
    CHECK(hosts.take().size() == 2);
    CHECK(hosts.empty());
    CHECK(hosts.has_room("two"));
    CHECK(hosts.token_of("a").empty());
}

TEST_CASE("hosts of tokens: the bounds of a local CA, and one more", "[issuance]") {
    TokenHosts hosts(
        {ferrotunnel::issuance::limits::local_hosts_max, ferrotunnel::issuance::limits::local_hosts_per_token_max});
    std::size_t added = 0;
    for (int token = 0; token < 5; ++token) {
        for (std::size_t i = 0; i <= ferrotunnel::issuance::limits::local_hosts_per_token_max; ++i) {
            const std::string name = std::to_string(token) + "." + std::to_string(i);
            added += hosts.add(name, std::to_string(token)) ? 1 : 0;
        }
        const auto tokens = static_cast<std::size_t>(token) + 1;
        CHECK(added == std::min(tokens * ferrotunnel::issuance::limits::local_hosts_per_token_max,
                                ferrotunnel::issuance::limits::local_hosts_max));
    }
}
