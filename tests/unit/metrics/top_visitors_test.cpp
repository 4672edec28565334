#include "metrics/top_visitors.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

using namespace ferrotunnel;
using namespace ferrotunnel::metrics;

namespace {

net::Address ipv4(std::uint32_t number) {
    net::Address address;
    address.family = 4;
    address.port = static_cast<std::uint16_t>(number);
    for (std::size_t i = 0; i < 4; ++i) {
        address.bytes[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
    }
    return address;
}

net::Address ipv6(std::uint8_t network, std::uint8_t host) {
    net::Address address;
    address.family = 6;
    address.bytes[7] = network;
    address.bytes[15] = host;
    return address;
}

std::vector<TopVisitor> heaviest(const TopVisitors& visitors) {
    std::vector<TopVisitor> all;
    visitors.add_to(all);
    return heaviest_of(std::move(all));
}

}  // namespace

TEST_CASE("top visitors: an address is one visitor whatever its port, and an IPv6 /64 is one") {
    TopVisitors visitors;
    net::Address other_port = ipv4(1);
    other_port.port = 9;
    visitors.count(ipv4(1), 1, 10);
    visitors.count(other_port, 1, 5);
    visitors.count(ipv6(1, 1), 1, 0);
    visitors.count(ipv6(1, 2), 1, 100'000);
    visitors.count(ipv6(2, 1), 1, 0);
    visitors.count({}, 1, 1'000'000);  // of no address
    const auto all = heaviest(visitors);
    REQUIRE(all.size() == 3);
    CHECK(all[0].visits == 2);
    CHECK(all[0].bytes == 100'000);
    CHECK(all[0].from == ipv6(1, 0));
    CHECK(all[1].visits == 2);
    CHECK(all[1].bytes == 15);
    CHECK(all[1].from.port == 0);
}

TEST_CASE("top visitors: whoever makes most has a place among any number of others, and is never counted too high") {
    TopVisitors visitors;
    std::uint64_t visits_of_heavy = 0;
    for (std::uint32_t round = 0; round < 20'000; ++round) {
        visitors.count(ipv4(1'000 + round), 1, 100);  // each comes once
        if (round % 4 == 0) {
            visitors.count(ipv4(1), 1, 100);  // a fifth of all
            ++visits_of_heavy;
        }
    }
    std::vector<TopVisitor> all;
    visitors.add_to(all);
    CHECK(all.size() == limits::top_visitors_max);
    all = heaviest_of(std::move(all));
    REQUIRE(all.size() == limits::top_visitors_shown);
    net::Address heavy = ipv4(1);
    heavy.port = 0;
    CHECK(all[0].from == heavy);
    CHECK(all[0].visits <= visits_of_heavy);
    CHECK(all[0].visits > visits_of_heavy * 9 / 10);
    for (std::size_t i = 1; i < all.size(); ++i) {
        CHECK(all[i].visits == 1);
    }
}

TEST_CASE("top visitors: the tables of several workers are one list") {
    TopVisitors a;
    TopVisitors b;
    a.count(ipv4(1), 1, 10);
    b.count(ipv4(1), 2, 20);
    b.count(ipv4(2), 1, 5'000);
    std::vector<TopVisitor> all;
    a.add_to(all);
    b.add_to(all);
    all = heaviest_of(std::move(all));
    REQUIRE(all.size() == 2);
    CHECK(all[0].bytes == 5'000);
    CHECK(all[1].visits == 3);
    CHECK(all[1].bytes == 30);
}
