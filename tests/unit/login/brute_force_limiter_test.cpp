#include "login/brute_force_limiter.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start = TimePoint{} + 100h;

AddressNetworks networks_at(const std::string& ip) {
    return networks_of(*runtime::SocketAddress::from_ip(ip, 1));
}

TokenId guess(std::uint32_t number) {
    return {1, static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8),
            static_cast<std::uint8_t>(number >> 16)};
}

}  // namespace

TEST_CASE("who tries tokens waits longer and longer, and has a hundred tries a day") {
    BruteForceLimiter limiter;
    TimePoint now = start;
    std::uint32_t tries = 0;
    for (; now < start + 24h; now += 1s) {
        if (!limiter.is_closed(networks_at("192.0.2.1"), now)) {
            limiter.failed(networks_at("192.0.2.1"), guess(++tries), now);
        }
        if (tries < limits::wrong_tokens_free) {
            REQUIRE_FALSE(limiter.is_closed(networks_at("192.0.2.1"), now));
        }
    }
    CHECK(tries > 100);
    CHECK(tries < 120);
    CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.2"), now));  // its neighbour
}

TEST_CASE("the wait doubles up to its bound, and is forgotten a day after the last wrong token") {
    BruteForceLimiter limiter;
    std::uint32_t tries = 0;
    while (tries < limits::wrong_tokens_free) {
        limiter.failed(networks_at("192.0.2.1"), guess(++tries), start);
    }
    CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.1"), start));
    for (const Duration wait : {1s, 2s, 4s, 8s}) {
        limiter.failed(networks_at("192.0.2.1"), guess(++tries), start);
        CHECK(limiter.is_closed(networks_at("192.0.2.1"), start + wait - 1ms));
        CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.1"), start + wait));
    }
    while (tries < 200) {
        limiter.failed(networks_at("192.0.2.1"), guess(++tries), start);
    }
    CHECK(limiter.is_closed(networks_at("192.0.2.1"), start + limits::wrong_token_wait_max - 1ms));
    CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.1"), start + limits::wrong_token_wait_max));
    const TimePoint later = start + limits::wrong_tokens_known_for;
    for (std::uint32_t i = 0; i < limits::wrong_tokens_free; ++i) {
        limiter.failed(networks_at("192.0.2.1"), guess(++tries), later);
    }
    CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.1"), later));
}

TEST_CASE("clients that come with the same old tokens again and again are no guessers") {
    BruteForceLimiter limiter;
    for (std::uint32_t round = 0; round < 1'000; ++round) {
        for (std::uint32_t client = 0; client < limits::wrong_tokens_kept; ++client) {
            limiter.failed(networks_at("192.0.2.1"), guess(client), start + round * 1s);
        }
    }
    CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.1"), start + 1'000s));
}

TEST_CASE("many addresses of one home or block are no way around it") {
    BruteForceLimiter home;
    std::uint32_t tries = 0;
    for (; tries < limits::wrong_tokens_of_home_free; ++tries) {
        home.failed(networks_at("2001:db8:0:" + std::to_string(tries) + "::1"), guess(tries), start);
    }
    CHECK_FALSE(home.is_closed(networks_at("2001:db8:0:77::1"), start));
    home.failed(networks_at("2001:db8:0:77::1"), guess(++tries), start);
    CHECK(home.is_closed(networks_at("2001:db8:0:78::1"), start));
    CHECK_FALSE(home.is_closed(networks_at("2001:db8:0:7700::1"), start));  // another home
    BruteForceLimiter block;
    for (tries = 0; tries <= limits::wrong_tokens_of_block_free; ++tries) {
        block.failed(networks_at("192.0.2." + std::to_string(tries)), guess(tries), start);
    }
    CHECK(block.is_closed(networks_at("192.0.2.200"), start));
    CHECK_FALSE(block.is_closed(networks_at("192.0.3.200"), start));
}

TEST_CASE("where there are too many networks to know, those of a region that are not known share one record") {
    BruteForceLimiter limiter(2);
    limiter.failed(networks_at("192.0.2.1"), guess(1), start);
    CHECK(limiter.networks() == 2);  // the address and its block
    std::uint32_t tries = 1;
    for (std::uint32_t i = 0; i <= limits::wrong_tokens_of_block_free; ++i) {
        limiter.failed(networks_at("198.51." + std::to_string(i) + ".1"), guess(++tries), start);
    }
    CHECK(limiter.networks() == 2);
    CHECK(limiter.is_closed(networks_at("198.51.200.1"), start));
    CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.1"), start));  // this network is known
    limiter.failed(networks_at("203.0.113.1"), guess(++tries), start + limits::wrong_tokens_known_for);
    CHECK_FALSE(limiter.is_closed(networks_at("198.51.0.1"), start + limits::wrong_tokens_known_for));
}

TEST_CASE("limit: who has as many networks as are known does not lock out those of others") {
    BruteForceLimiter limiter;
    std::uint32_t tries = 0;
    const auto fail_in_block = [&](std::uint32_t block) {
        limiter.failed(networks_at("2a00:1:" + std::to_string(block) + "::1"), guess(++tries), start);
    };
    std::uint32_t block = 0;
    while (limiter.networks() < limits::wrong_token_networks_max) {
        fail_in_block(++block);
    }
    for (std::uint32_t i = 0; i <= 2 * limits::wrong_tokens_of_block_free; ++i) {
        fail_in_block(++block);
    }
    CHECK(limiter.networks() == limits::wrong_token_networks_max);
    CHECK(limiter.is_closed(networks_at("2a00:1:9999::1"), start));
    std::uint32_t closed = 0;
    for (const char* other : {"192.0.2.1", "198.51.100.1", "203.0.113.1", "2a00:2::1", "2001:db8::1", "::1"}) {
        closed += limiter.is_closed(networks_at(other), start) ? 1U : 0U;
    }
    CHECK(closed <= 1);  // one in a thousand may share the record
}

TEST_CASE("where there is no room, a network that was never closed is known for an hour") {
    BruteForceLimiter limiter(4);
    std::uint32_t tries = 0;
    while (tries <= limits::wrong_tokens_free) {
        limiter.failed(networks_at("198.51.100.1"), guess(++tries), start);  // closed
    }
    limiter.failed(networks_at("203.0.113.1"), guess(++tries), start);
    REQUIRE(limiter.networks() == 4);
    const TimePoint later = start + limits::wrong_tokens_free_known_for;
    limiter.failed(networks_at("192.0.2.1"), guess(++tries), later - 1s);
    CHECK(limiter.networks() == 4);
    limiter.failed(networks_at("192.0.2.1"), guess(++tries), later);
    CHECK(limiter.networks() == 3);  // a block that is within what is free was forgotten as well
    for (std::uint32_t i = 0; i < limits::wrong_tokens_free; ++i) {
        limiter.failed(networks_at("192.0.2.1"), guess(++tries), later);
    }
    CHECK(limiter.is_closed(networks_at("192.0.2.1"), later));
    CHECK_FALSE(limiter.is_closed(networks_at("192.0.2.2"), later));
}
