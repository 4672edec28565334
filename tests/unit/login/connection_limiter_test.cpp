#include "login/connection_limiter.hpp"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "unit/login/peer_at.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::login;
using ferrotunnel::test::peer_at;

TEST_CASE("the gate counts in all and per address, and forgets who has left") {
    auto limiter = std::make_shared<ConnectionLimiter>(3, 2);
    std::vector<std::shared_ptr<ConnectionLimiter::Ticket>> inside;
    inside.push_back(limiter->enter("a"));
    inside.push_back(limiter->enter("a"));
    CHECK(limiter->enter("a") == nullptr);
    inside.push_back(limiter->enter("b"));
    CHECK(limiter->enter("c") == nullptr);
    CHECK(limiter->count() == 3);
    inside.erase(inside.begin());
    CHECK(limiter->enter("a") != nullptr);
    inside.clear();
    CHECK(limiter->count() == 0);
}

TEST_CASE("other caps are for those who come then, and those who are beyond them stay") {
    for (const Sharing sharing : {Sharing::fixed, Sharing::of_what_is_free}) {
        auto limiter = std::make_shared<ConnectionLimiter>(8, 4, sharing);
        std::vector<std::shared_ptr<ConnectionLimiter::Ticket>> inside;
        for (int i = 0; i < 4; ++i) {
            inside.push_back(limiter->enter("a"));
            REQUIRE(inside.back());
        }
        inside.push_back(limiter->enter({}));
        limiter->set_caps(2, 1);
        CHECK(limiter->count() == 5);
        CHECK(limiter->enter("b") == nullptr);
        CHECK_FALSE(inside.back()->set_address("a"));
        inside.clear();
        CHECK(limiter->enter("b") != nullptr);
        limiter->set_caps(8, 4);
        CHECK(limiter->enter("a") != nullptr);
    }
}

TEST_CASE("an address that is rejected leaves no trace") {
    auto limiter = std::make_shared<ConnectionLimiter>(8, 0);
    CHECK(limiter->enter("a") == nullptr);
    CHECK(limiter->count() == 0);
}

TEST_CASE("a network of IPv6 counts as one address, an IPv4 address as itself") {
    CHECK(network_of(peer_at("2001:db8:1:2::1")) == network_of(peer_at("2001:db8:1:2:ffff:ffff:ffff:ffff")));
    CHECK(network_of(peer_at("2001:db8:1:2::1")) != network_of(peer_at("2001:db8:1:3::1")));
    CHECK(network_of(peer_at("192.0.2.1")) != network_of(peer_at("192.0.2.2")));
    CHECK(network_of(peer_at("::ffff:192.0.2.1")) != network_of(peer_at("::ffff:192.0.2.2")));
}

TEST_CASE("of IPv6 a home and a block have caps of their own") {
    auto limiter = std::make_shared<ConnectionLimiter>(16, 2);  // an address 2, a home 4, a block 8, all 16
    std::vector<std::shared_ptr<ConnectionLimiter::Ticket>> inside;
    const auto enters = [&](const std::string& ip) {
        inside.push_back(limiter->enter(network_of(peer_at(ip))));
        const bool entered = inside.back() != nullptr;
        return entered;
    };
    for (const char* ip : {"2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1", "2001:db8:0:3::1"}) {
        CHECK(enters(ip));
    }
    CHECK_FALSE(enters("2001:db8:0:4::1"));
    for (const char* ip : {"2001:db8:0:100::1", "2001:db8:0:200::1", "2001:db8:0:300::1", "2001:db8:0:400::1"}) {
        CHECK(enters(ip));
    }
    CHECK_FALSE(enters("2001:db8:0:500::1"));
    CHECK(enters("2001:db8:1::1"));
    for (int i = 0; i < 7; ++i) {  // for IPv4, where an address costs something, there is no such cap
        CHECK(enters("192.0.2." + std::to_string(i)));
    }
    CHECK_FALSE(enters("192.0.2.9"));  // the cap of all is reached
    inside.clear();
    CHECK(limiter->count() == 0);
    CHECK(enters("2001:db8:0:4::1"));
    auto proxied = limiter->enter("");
    REQUIRE(proxied);
    CHECK(proxied->set_address(network_of(peer_at("2001:db8:0:4::1"))));
}

TEST_CASE("who enters without an address is counted in all, and for one as soon as that is known") {
    auto limiter = std::make_shared<ConnectionLimiter>(3, 1);
    auto first = limiter->enter("");
    auto second = limiter->enter("");
    REQUIRE(first);
    REQUIRE(second);
    CHECK(limiter->count() == 2);
    CHECK(first->set_address("a"));
    CHECK_FALSE(second->set_address("a"));
    CHECK(limiter->enter("a") == nullptr);
    CHECK(second->set_address("b"));
    CHECK(limiter->enter("") != nullptr);
    first.reset();
    CHECK(limiter->enter("a") != nullptr);
    second.reset();
    CHECK(limiter->count() == 0);
}

TEST_CASE("an address that a header names counts like that of a socket") {
    CHECK(network_of(net::Address()).empty());
    for (const char* ip : {"192.0.2.7", "2001:db8:1:2::1"}) {
        const auto* six = std::strchr(ip, ':');
        CHECK(network_of(*(six != nullptr ? net::parse_ipv6(ip) : net::parse_ipv4(ip))) == network_of(peer_at(ip)));
    }
}

TEST_CASE("who has many addresses does not take all places from those who have one") {
    auto limiter = std::make_shared<ConnectionLimiter>(16'384, 1'024, Sharing::of_what_is_free);
    std::vector<std::shared_ptr<ConnectionLimiter::Ticket>> inside;
    auto crowd = [&](const std::string& network) {
        while (auto ticket = limiter->enter(network)) {
            inside.push_back(std::move(ticket));
        }
    };
    SECTION("up to the half an address has its whole cap") {
        for (const char* one : {"192.0.2.1", "198.51.100.1", "203.0.113.1"}) {
            crowd(one);
        }
        CHECK(limiter->count() == 3 * 1'024);
    }
    SECTION("addresses of many networks") {
        for (int i = 0; i < 200; ++i) {
            crowd("10.0." + std::to_string(i) + ".1");
        }
        CHECK(limiter->count() > 15'000);
        for (int i = 0; i < 20; ++i) {
            inside.push_back(limiter->enter("172.16." + std::to_string(i) + ".1"));
            CHECK(inside.back() != nullptr);
        }
    }
    SECTION("all of IPv6 that one has") {
        for (int i = 0; i < 256; ++i) {
            for (int j = 0; j < 4; ++j) {
                crowd(network_of(peer_at(fmt::format("2001:db8:1:{:x}{:02x}::1", i, j))));
            }
        }
        CHECK(limiter->count() == 8'192);
        CHECK(limiter->enter(network_of(peer_at("2001:db8:2::1"))) != nullptr);
    }
    SECTION("addresses of one network") {
        for (int i = 0; i < 250; ++i) {
            crowd("127.0.0." + std::to_string(i + 1));
        }
        CHECK(limiter->count() > 15'000);
    }
    inside.clear();
    CHECK(limiter->count() == 0);
    auto again = limiter->enter("192.0.2.1");
    CHECK(again != nullptr);
}
